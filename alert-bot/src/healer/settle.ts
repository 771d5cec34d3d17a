import type { Attempt } from '../incidents/incident.ts';
import { type ActionTrace, remainingReplicas, traceAction } from '../verify/check-target.ts';
import type { Core } from './core.ts';

export interface Settled {
  found: ActionTrace | 'unreachable';
  /** Replicas that the action has not restarted. */
  remaining: string[];
}

/**
 * Finds out whether an action whose answer was lost happened. "Not (wholly) done" is believed only after the containers
 * have looked like that for `settleMs`: an engine that is just stopping a container still shows its old start time. Time is
 * counted in sleeps, so that a clock that is set back does not lengthen it.
 */
export async function settle(core: Core, attempt: Attempt): Promise<Settled> {
  const { settleMs, verifyPollMs } = core.timing;
  const { signal } = core.stopping;
  const giveUpMs = Math.max(settleMs * 4, 120_000);
  let seenMs = 0;
  for (let waitedMs = 0; !signal.aborted && waitedMs < giveUpMs; waitedMs += verifyPollMs) {
    const observed = await core.observer.fresh();
    const found = observed ? traceAction(attempt, observed) : undefined;
    if (found === 'happened') return { found, remaining: [] };
    if (found && observed && seenMs >= settleMs) return { found, remaining: remainingReplicas(attempt, observed) };
    if (found) seenMs += verifyPollMs;
    await core.options.clock.sleep(verifyPollMs, signal);
  }
  return { found: 'unreachable', remaining: [] };
}
