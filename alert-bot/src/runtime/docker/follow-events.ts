import { setTimeout as sleep } from 'node:timers/promises';
import { compareLists } from './compare-lists.ts';
import { hasStatus } from './engine-error.ts';
import type { ContainerEvent } from './engine-types.ts';
import { createSeenEvents } from './seen-events.ts';
import { tell, type Watching } from './watching.ts';

const firstRetryMs = 500;
const longestRetryMs = 30_000;
/** A socket proxy that forbids events will hardly allow them the next moment. */
const forbiddenRetryMs = 60_000;

/** Follows the engine's events, connection after connection, until the watch is closed. */
export async function followEvents(watching: Watching): Promise<void> {
  const { engine, scope, testimony, signal } = watching;
  const onEvent = createListener(watching);
  for (let retryMs = firstRetryMs; !signal.aborted; ) {
    const connection = new AbortController();
    const onOpen = () => {
      testimony.opened();
      retryMs = firstRetryMs;
      watching.onBreak();
      watching.stream = connection;
      void compareLists(watching, 'closely');
    };
    const since = toSince(testimony.lastEventNano());
    const both = AbortSignal.any([signal, connection.signal]);
    const error: unknown = await engine
      .events({ label: scope.label, since, onOpen, onEvent, signal: both })
      .catch((problem: unknown) => problem);
    if (!watching.stream) void compareLists(watching, 'quickly'); // it never opened: the list is all there is
    watching.stream = undefined;
    watching.onBreak();
    const isForbidden = hasStatus(error, 403, 404, 405);
    await sleep(isForbidden ? forbiddenRetryMs : retryMs, undefined, { signal, ref: false }).catch(() => undefined);
    retryMs = Math.min(longestRetryMs, retryMs * 2);
  }
}

/** An event may come twice: on purpose after a lost connection, and from proxies that repeat what they have sent. */
function createListener(watching: Watching): (event: ContainerEvent) => void {
  const isFirst = createSeenEvents();
  const { testimony, onEvent } = watching;
  return (event) => {
    onEvent(event);
    const isNew = isFirst(event);
    if (tellsOfEnds(event) && (isNew || testimony.isResuming())) testimony.take(event);
    const container = isNew ? watching.known.apply(event) : undefined;
    if (!container) return;
    const { action, timeNano, exitCode, signal } = event;
    tell(watching, {
      ...{ type: 'event', action, container, at: Number(timeNano / 1_000_000n) },
      ...(exitCode !== undefined && { exitCode }),
      ...(signal !== undefined && { signal }),
      ...(action === 'kill' && watching.scope.isEnding(container.id) && { own: true }),
    });
  };
}

/** The others say nothing of who stopped a container. */
const tellsOfEnds = ({ action }: ContainerEvent): boolean =>
  ['create', 'start', 'stop', 'die', 'kill', 'destroy'].includes(action);

/** Inclusive, so that hearing the last event again proves that none was missed. */
function toSince(nano: bigint): string {
  if (nano === 0n) return '1';
  return `${nano / 1_000_000_000n}.${String(nano % 1_000_000_000n).padStart(9, '0')}`;
}
