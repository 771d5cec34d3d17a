import { inFlight } from '../incidents/incident.ts';
import type { Core } from './core.ts';
import { act } from './executor.ts';
import { recover } from './recover.ts';
import { verify } from './verifier.ts';

/** Between two tries of a step that could not be recorded, in milliseconds. */
const retryMs = 5_000;

export interface WorkQueue {
  /** Takes charge of an incident in flight until it is not. Doing so twice is once. */
  add(id: string): void;
  /** Actions that wait for their turn. */
  length(): number;
  /** Resolves when nobody works any more; only after the healer began to stop. */
  idle(): Promise<void>;
}

/**
 * Drives incidents through queued → acting → verifying. The phase in the memory, which is the phase on disk, says what comes
 * next; so a first run, a run after a failed write and a run after `kill -9` are the same code.
 */
export function createWorkQueue(core: Core): WorkQueue {
  const running = new Map<string, Promise<void>>();
  const turns: (() => void)[] = [];
  let free = core.timing.concurrency;

  async function inTurn(work: () => Promise<unknown>): Promise<void> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => turns.push(resolve));
    try {
      await work();
    } finally {
      const next = turns.shift();
      if (next) next();
      else free += 1;
    }
  }

  async function step(id: string): Promise<boolean> {
    const phase = core.history.incident(id)?.phase;
    if (phase === 'queued') await inTurn(() => act(core, id));
    else if (phase === 'acting') await inTurn(() => recover(core, id));
    else if (phase === 'verifying') return verify(core, id);
    else return false;
    return true;
  }

  async function run(id: string): Promise<void> {
    const { signal } = core.stopping;
    while (!signal.aborted) {
      try {
        if (!(await step(id))) break;
      } catch (err) {
        core.options.logger.error({ err, incident: id }, 'a step of an incident failed; it is tried again');
        await core.options.clock.sleep(retryMs, signal);
      }
    }
    wakeWaiting(core, id);
  }

  return {
    add: (id) => {
      const incident = core.history.incident(id);
      if (running.has(id) || !incident || !inFlight(incident)) return;
      running.set(
        id,
        run(id).finally(() => running.delete(id)),
      );
    },
    length: () => turns.length,
    idle: async () => void (await Promise.allSettled(running.values())),
  };
}

/** A flight is over: this incident, and those that waited for its target, are looked at with the next tick. */
function wakeWaiting(core: Core, id: string): void {
  const incident = core.history.incident(id);
  const now = core.now();
  for (const other of core.history.open())
    if (other.reason === 'in_progress' && other.phase === 'waiting') core.lookAgain.set(other.id, now);
  if (incident?.phase === 'waiting' && incident.until === undefined) core.lookAgain.set(id, now);
}
