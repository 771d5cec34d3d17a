import type { Delivery } from '../alerts/alert.ts';
import { type History, MemoryHistory } from '../incidents/history.ts';
import { TrialHistory } from '../incidents/trial-history.ts';
import type { Policy } from '../runbooks/runbook.ts';
import type { Observation } from '../runtime/runtime.ts';
import type { IntakeResult } from './healer.ts';
import { judgeDelivered } from './judge.ts';
import { rfc3339 } from './summary.ts';

/**
 * What the bot would answer to a delivery, by the code that answers it. Without a `history` its memory is empty: no cooldowns, no
 * pause. The alerts of the delivery see each other's decisions. Touches nothing. `now` is in milliseconds since the epoch.
 */
export function simulate(
  delivery: Delivery,
  observed: Observation | undefined,
  policy: Policy,
  now: number,
  history: History = new MemoryHistory(),
): IntakeResult[] {
  const world = {
    history: new TrialHistory(history),
    observed,
    policy,
    home: observed?.project,
    now,
    at: rfc3339(now),
  };
  return delivery.alerts.map((alert) => judgeDelivered(alert, delivery.receiver, world).result);
}
