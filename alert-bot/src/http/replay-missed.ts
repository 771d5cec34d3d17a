import type { Healer } from '../healer/healer.ts';
import type { IncidentEvent } from '../incidents/event.ts';
import type { StreamReader } from './stream-reader.ts';

/** Events that come while what was missed is read from the log. */
const maxHeldBack = 1_000;
/** Readers who wait for theirs to be read from the log, one after the other: each may be megabytes. */
const maxWaiting = 8;

export type ReplayMissed = (reader: StreamReader, seen: number) => (event: IncidentEvent) => void;

/**
 * Gives a reader what came after the event `seen` and then what happens, in order; `gap` when not all of it can be had, or when too many ask for
 * theirs. Returns the listener to subscribe with: what happens meanwhile is held back.
 */
export function createReplay(views: Pick<Healer['views'], 'since' | 'lastSeq'>): ReplayMissed {
  let lane = Promise.resolve();
  let waiting = 0;
  return (reader, seen) => {
    const state: Held = { last: seen > views.lastSeq() ? -1 : seen, heldBack: [] }; // beyond the last: of another log
    const missed = async () => {
      if (reader.isGone()) return;
      const { events, complete } = await views.since(seen).catch(() => ({ events: [], complete: false }));
      await passAll(reader, state, events, complete && state.last === seen ? undefined : seen);
    };
    if (waiting >= maxWaiting) void passAll(reader, state, [], seen);
    else {
      waiting += 1;
      lane = lane.then(missed).finally(() => {
        waiting -= 1;
      });
    }
    return (event) => {
      if (!state.heldBack) pass(reader, state, event);
      else if (state.heldBack.push(event) > maxHeldBack) reader.cutOff();
    };
  };
}

interface Held {
  last: number;
  /** Absent when the reader is up to date. */
  heldBack: IncidentEvent[] | undefined;
}

function pass(reader: StreamReader, state: Held, event: IncidentEvent): void {
  if (event.seq <= state.last) return;
  state.last = event.seq;
  reader.sendEvent(event);
}

/** As fast as the reader reads, so that a long absence does not count as not keeping up. */
async function passAll(
  reader: StreamReader,
  state: Held,
  events: readonly IncidentEvent[],
  gapAfter: number | undefined,
): Promise<void> {
  if (gapAfter !== undefined) reader.send('gap', { after: gapAfter });
  for (const event of events) {
    if (!(await reader.room())) return;
    pass(reader, state, event);
  }
  for (let next = state.heldBack?.shift(); next; next = state.heldBack?.shift()) {
    if (!(await reader.room())) return;
    pass(reader, state, next);
  }
  state.heldBack = undefined;
}
