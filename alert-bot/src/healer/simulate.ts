import type { Delivery } from '../alerts/alert.ts';
import { MemoryHistory } from '../incidents/history.ts';
import { TrialHistory } from '../incidents/trial-history.ts';
import type { Policy } from '../runbooks/runbook.ts';
import type { Observation } from '../runtime/runtime.ts';
import type { IntakeResult } from './healer.ts';
import { judgeDelivered } from './judge.ts';
import { rfc3339 } from './summary.ts';

/**
 * What the bot would answer to a delivery, by the code that answers it, with an empty memory: no cooldowns, no pause. The
 * alerts of the delivery see each other's decisions. Touches nothing. `now` is in milliseconds since the epoch.
 */
export function simulate(
  delivery: Delivery,
  observed: Observation | undefined,
  policy: Policy,
  now: number,
): IntakeResult[] {
  const world = { history: new TrialHistory(new MemoryHistory()), observed, policy, now, at: rfc3339(now) };
  return delivery.alerts.map((alert) => judgeDelivered(alert, delivery.receiver, world).result);
}
