import type { PlannedAction } from '../incidents/event.ts';
import type { History } from '../incidents/history.ts';
import type { Incident, Target } from '../incidents/incident.ts';
import type { Policy, Runbook } from '../runbooks/runbook.ts';
import type { Observation } from '../runtime/runtime.ts';
import { targetNameOf } from '../targets/target-name.ts';
import { checkBudget, checkFlight, checkPause } from './check-policy.ts';
import { type Decision, lookAgainMs, type Skip, skip } from './decision.ts';
import { otherBotActs } from './other-bot-acts.ts';
import { heldReplica } from './replica-state.ts';
import { within } from './within.ts';

export interface ScaleBackOptions {
  own?: boolean;
  counted?: boolean;
  /** Another incident that still needs the replicas. */
  neededBy?: string | undefined;
}

/**
 * Whether to undo the scaling of an incident that is over. Not a repair, so neither cooldown, backoff nor attempts count;
 * but pause, single flight, quarantine, budget and the runbook's mode do. Replicas that somebody else removed or added, and
 * those that another alert still needs, are left.
 */
export function decideScaleBack(
  incident: Incident,
  observed: Observation | undefined,
  history: History,
  policy: Policy,
  now: number,
  options: ScaleBackOptions = {},
): Decision {
  const runbook = policy.runbooks.find(({ name }) => name === incident.runbook);
  const { scaledTo, resolvedAt = now, action: scaled } = incident;
  if (!runbook?.onResolved || scaledTo === undefined || !scaled) return skip('no_runbook');
  const { afterMs } = runbook.onResolved;
  const to = Math.max(runbook.onResolved.to, incident.scaledFrom ?? 1);
  if (!options.own && within(resolvedAt, afterMs, now)) return skip('cooldown', { until: resolvedAt + afterMs });
  // Taken up after a crash, it goes on from where it stopped: its own half of the way is nobody else's change.
  const count = observed?.services.get(scaled.target)?.replicas.length ?? scaledTo;
  const from = options.counted && count > to && count < scaledTo ? count : scaledTo;
  const action = { type: 'scale' as const, ...targetNameOf(scaled), from, to };
  const refused =
    checkTries(incident, runbook, now, options) ??
    checkTarget(observed, action, history.target(scaled.target), now) ??
    checkPolicy(incident, history.target(scaled.target), history, policy, now, options);
  if (refused) return { ...refused, runbook: runbook.name, action };
  const actedOnBy = observed?.services.get(scaled.target)?.actedOnBy;
  if (actedOnBy !== undefined)
    return { ...skip('observe_only', { detail: otherBotActs(actedOnBy) }), runbook: runbook.name, action };
  if (runbook.mode === 'observe') return { ...skip('observe_only'), runbook: runbook.name, action };
  return { decision: 'act', reason: 'on_resolved', purpose: 'on_resolved', runbook: runbook.name, action };
}

/** What others hold on to is left to them, and what fails again and again to people. */
function checkTries(
  { attempt, undoFailures = 0 }: Incident,
  { limits }: Runbook,
  now: number,
  { own = false }: ScaleBackOptions,
): Skip | undefined {
  if (undoFailures === 0 || own) return undefined;
  if (attempt?.code === 'conflict') return skip('changed_by_others', { detail: 'the replicas left are not its own' });
  if (undoFailures >= limits.attempts.max)
    return skip('changed_by_others', { detail: `scaling back failed ${undoFailures} times` });
  const restMs = Math.min(limits.backoff.maxMs, limits.backoff.initialMs * 2 ** (undoFailures - 1));
  const until = (attempt?.actedAt ?? now) + restMs;
  return within(attempt?.actedAt, restMs, now) ? skip('backoff', { until }) : undefined;
}

type ScaleAction = Extract<PlannedAction, { type: 'scale' }>;

function checkTarget(
  observed: Observation | undefined,
  { target: text, from: scaledTo, to }: ScaleAction,
  target: Target,
  now: number,
): Skip | undefined {
  const until = now + lookAgainMs.target;
  if (!observed) return skip('runtime_unavailable', { until: now + lookAgainMs.runtime });
  const service = observed.services.get(text);
  const count = service?.replicas.length ?? 0;
  if (service?.changing !== undefined) return skip('changing', { until, detail: service.changing });
  if (!service || count <= to) return skip('already_scaled_back', { detail: `${count} replicas` });
  if (count !== scaledTo)
    return skip('changed_by_others', { detail: `${count} replicas, not the ${scaledTo} it left` });
  if (service.protected) return skip('protected_target');
  if (!service.optedIn) return skip('not_opted_in');
  const held = heldReplica(service.replicas, target);
  return held === undefined ? undefined : skip('held_by_person', { until, detail: held });
}

/** The pieces of the policy that bind every action, in their order. */
function checkPolicy(
  { id }: Incident,
  target: Target,
  history: History,
  policy: Policy,
  now: number,
  { own = false, counted = false, neededBy }: ScaleBackOptions,
): Skip | undefined {
  return (
    checkPause({ history }) ??
    (neededBy === undefined
      ? undefined
      : skip('in_progress', {
          until: now + lookAgainMs.flight,
          detail: `incident ${neededBy} still needs the replicas`,
        })) ??
    checkFlight({ id, target, now, history }) ??
    (target.quarantinedAt !== undefined ? skip('quarantined', { until: now + lookAgainMs.quarantine }) : undefined) ??
    checkBudget({ history, policy, now, own: own || counted })
  );
}
