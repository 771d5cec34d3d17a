import type { Alert } from '../alerts/alert.ts';
import { isForAPerson } from '../alerts/for-a-person.ts';
import type { PlannedAction } from '../incidents/event.ts';
import type { History } from '../incidents/history.ts';
import { type Incident, incidentId, inFlight } from '../incidents/incident.ts';
import type { Policy, Runbook } from '../runbooks/runbook.ts';
import type { Observation, ObservedService } from '../runtime/runtime.ts';
import { plainProject } from '../targets/target-name.ts';
import { resolveTarget } from '../targets/target-template.ts';
import { type Case, checkPolicy, type Matched } from './check-policy.ts';
import { checkConfirmed, type Knowledge } from './confirmation.ts';
import { wishOf, withWords } from './container-says.ts';
import { type Decision, lookAgainMs, type Skip, skip } from './decision.ts';
import { describeMissing } from './describe-missing.ts';
import { otherBotActs } from './other-bot-acts.ts';
import { planRepair, type Repair } from './plan-repair.ts';
import { within } from './within.ts';

/**
 * What to do about one alert: an action or a skip, always with a reason. Pure: everything it knows is in its arguments, and
 * it calls nothing. `observed` is undefined when the runtime does not answer.
 *
 * The order is the contract. First what the alert is, then whether its target may be touched at all, then the policy
 * (pause, suppression, single flight, quarantine, cooldown, backoff, attempts, budget), then what the target's state says,
 * then whether the alert is known to fire, and last the runbook's mode: `observe_only` and `awaiting_approval` mean
 * "everything else says yes".
 */
export function decide(
  alert: Alert,
  observed: Observation | undefined,
  history: History,
  policy: Policy,
  now: number,
  options: DecideOptions = {},
): Decision {
  const incident = history.incident(incidentId(alert));
  const { own = false, counted = false, known } = options;
  const approved = options.approved ?? isApproved(incident, policy, now);
  const about: Case = { alert, incident, history, policy, now, own, counted, approved, known };
  const early = checkAlert(about);
  if (early) return early;
  const runbook = policy.runbooks.find((candidate) => candidate.matches(alert.labels));
  if (!runbook) return skip(isForAPerson(alert.labels) ? 'for_a_person' : 'no_runbook');
  return { ...decideMatched({ ...about, runbook }, observed), runbook: runbook.name };
}

export interface DecideOptions {
  /** Decides again, just before acting, about an incident that already has its target. */
  own?: boolean;
  /** As `own`, and the attempt is on record already: it is taken up again. */
  counted?: boolean;
  approved?: boolean;
  /** What those who were asked say of the alert. Absent when its delivery is decided on. */
  known?: Knowledge;
}

/** An approval holds for as long as it could have been given: what delayed the action may have changed the case. */
const isApproved = (incident: Incident | undefined, { approvalWithinMs }: Policy, now: number): boolean =>
  incident?.approved === true && within(incident.approvedAt, approvalWithinMs, now);

function checkAlert({ alert, incident, own, policy, now }: Case): Skip | undefined {
  if (alert.status === 'resolved') return skip('resolved');
  if (alert.labels['alertname'] === 'Watchdog') return skip('watchdog');
  if (!incident || own) return undefined;
  if (inFlight(incident)) return skip('duplicate');
  if (incident.reason === 'rejected') return skip('rejected');
  // A firing notification that was overtaken by its own end. Should it be true after all, the next delivery shows it.
  const settleMs = policy.runbooks.find(({ name }) => name === incident.runbook)?.limits.cooldownMs ?? 60_000;
  if (incident.status === 'resolved' && within(incident.resolvedAt, settleMs, now)) return skip('resolved');
  return undefined;
}

function decideMatched(about: Omit<Matched, 'target'>, observed: Observation | undefined): Decision {
  const { runbook, alert, history, now } = about;
  if (!observed) return skip('runtime_unavailable', { until: now + lookAgainMs.runtime });
  const resolved = resolveTarget(runbook.target, alert.labels, observed.project);
  const until = now + lookAgainMs.target;
  if ('problem' in resolved) return skip('target_missing', { until, detail: resolved.problem });
  const service = observed.services.get(resolved.target);
  if (!service || service.replicas.length === 0)
    return skip('target_missing', { until, detail: describeMissing(resolved.target, observed) });
  const target = history.target(resolved.target);
  return decideRepair({ ...about, runbook: withWords(runbook, service), target }, service);
}

function decideRepair(matched: Matched, service: ObservedService): Decision {
  const { runbook, now } = matched;
  const refused = checkTarget(runbook, service);
  if (refused) return refused;
  const repair = planRepair({ ...matched, service });
  const wish = wishOf(service, repair.action);
  if (wish === 'none') return skip('not_opted_in', { detail: 'the label self-healing.action=none' });
  if (wish === 'notify')
    return skip('for_a_person', {
      detail: 'the label self-healing.action=notify',
      ...(repair.action && { action: repair.action }),
    });
  return (
    checkPolicy(matched, repair) ??
    checkState(repair, now) ??
    checkKnown(matched, repair) ??
    decideMode(matched, repair.action as PlannedAction, service)
  );
}

function checkTarget({ action }: Runbook, { project, protected: isProtected, optedIn }: ObservedService) {
  if (isProtected) return skip('protected_target');
  if (!optedIn) return skip('not_opted_in');
  if (action.type === 'scale' && project === plainProject) return skip('not_scalable');
  return undefined;
}

function checkKnown({ known, incident, now }: Matched, { action }: Repair): Skip | undefined {
  const found = known && checkConfirmed(known, incident, now);
  return found && { ...found, ...(action ? { action } : {}) };
}

function checkState({ action, obstacle, detail, until }: Repair, now: number): Skip | undefined {
  if (!obstacle) return undefined;
  return skip(obstacle, {
    until: until ?? now + lookAgainMs.target,
    ...(action ? { action } : {}),
    ...(detail ? { detail } : {}),
  });
}

function decideMode(
  { runbook, incident, approved, policy, now }: Matched,
  action: PlannedAction,
  { actedOnBy }: ObservedService,
): Decision {
  if (actedOnBy !== undefined) return skip('observe_only', { action, detail: otherBotActs(actedOnBy) });
  if (runbook.mode === 'observe') return skip('observe_only', { action });
  if (runbook.mode === 'approve' && !approved) {
    const asked = incident?.reason === 'awaiting_approval' ? incident.until : undefined;
    return skip('awaiting_approval', { action, until: asked ?? now + policy.approvalWithinMs });
  }
  const reason = approved ? 'approved' : incident?.outcome ? 'retry_after_ineffective' : 'matched';
  return { decision: 'act', reason, purpose: 'repair', runbook: runbook.name, action };
}
