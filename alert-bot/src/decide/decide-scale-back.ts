import type { History } from '../incidents/history.ts';
import type { Incident } from '../incidents/incident.ts';
import type { Policy } from '../runbooks/runbook.ts';
import type { Observation } from '../runtime/runtime.ts';
import { checkBudget, checkFlight, checkPause } from './check-policy.ts';
import { type Decision, lookAgainMs, skip } from './decision.ts';
import { within } from './within.ts';

/**
 * Whether to undo the scaling of an incident that is over. Not a repair, so neither cooldown, backoff nor attempts count;
 * but pause, single flight, quarantine and budget do. Replicas that somebody else removed or added are left to them.
 */
export function decideScaleBack(
  incident: Incident,
  observed: Observation | undefined,
  history: History,
  policy: Policy,
  now: number,
  { own = false }: { own?: boolean } = {},
): Decision {
  const runbook = policy.runbooks.find(({ name }) => name === incident.runbook);
  const { scaledTo, resolvedAt = now } = incident;
  if (!runbook?.onResolved || scaledTo === undefined) return skip('no_runbook');
  const { to, afterMs } = runbook.onResolved;
  if (!own && within(resolvedAt, afterMs, now)) return skip('cooldown', { until: resolvedAt + afterMs });
  const action = { type: 'scale' as const, service: runbook.service, from: scaledTo, to };
  const refused =
    checkTarget(observed, runbook.service, scaledTo, to, now) ?? checkPolicy(incident, history, policy, now, own);
  if (refused) return { ...refused, runbook: runbook.name, action };
  return { decision: 'act', reason: 'on_resolved', purpose: 'on_resolved', runbook: runbook.name, action };
}

function checkTarget(observed: Observation | undefined, name: string, scaledTo: number, to: number, now: number) {
  if (!observed) return skip('runtime_unavailable', { until: now + lookAgainMs.runtime });
  const service = observed.services.get(name);
  const count = service?.replicas.length ?? 0;
  if (!service || count <= to) return skip('already_scaled_back', { detail: `${count} replicas` });
  if (count !== scaledTo)
    return skip('changed_by_others', { detail: `${count} replicas, not the ${scaledTo} it left` });
  if (service.protected) return skip('protected_target');
  return service.optedIn ? undefined : skip('not_opted_in');
}

/** The pieces of the policy that bind every action, in their order. */
function checkPolicy({ id, service = '' }: Incident, history: History, policy: Policy, now: number, own: boolean) {
  const target = history.target(service);
  const quarantined = target.quarantinedAt !== undefined;
  return (
    checkPause({ history, now }) ??
    checkFlight({ id, target, now }) ??
    (quarantined ? skip('quarantined', { until: now + lookAgainMs.quarantine }) : undefined) ??
    checkBudget({ history, policy, now, own })
  );
}
