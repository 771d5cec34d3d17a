import type { Alert } from '../alerts/alert.ts';
import type { PlannedAction, Purpose } from '../incidents/event.ts';
import type { History } from '../incidents/history.ts';
import { type Incident, incidentId, inFlight, type Target } from '../incidents/incident.ts';
import type { Policy, Runbook } from '../runbooks/runbook.ts';
import type { Observation, ObservedService } from '../runtime/runtime.ts';
import { planRepair, type Repair } from './plan-repair.ts';
import type { ActReason, SkipReason } from './reason.ts';
import { within } from './within.ts';

export interface Act {
  decision: 'act';
  reason: ActReason;
  purpose: Purpose;
  runbook: string;
  action: PlannedAction;
}

export interface Skip {
  decision: 'skip';
  reason: SkipReason;
  runbook?: string;
  /** What would be done, where that is known. */
  action?: PlannedAction;
  /** When the bot looks again by itself, in milliseconds since the epoch. */
  until?: number;
  detail?: string;
}

export type Decision = Act | Skip;

/** How long to wait before looking again at something that has no time of its own, in milliseconds. */
const lookAgainMs = { runtime: 10_000, target: 15_000, flight: 60_000, quarantine: 300_000 };

/** The world as one alert's decision sees it. */
interface Case {
  alert: Alert;
  incident: Incident | undefined;
  history: History;
  policy: Policy;
  now: number;
  /** The alert's own claim on its target and the budget does not stand in its way. */
  own: boolean;
  approved: boolean;
}

interface Matched extends Case {
  runbook: Runbook;
  target: Target;
}

/**
 * What to do about one alert: an action or a skip, always with a reason. Pure: everything it knows is in its arguments, and
 * it calls nothing. `observed` is undefined when the runtime does not answer.
 *
 * The order is the contract. First what the alert is, then whether its target may be touched at all, then the policy
 * (pause, single flight, quarantine, cooldown, backoff, attempts, budget), then what the target's state says, and last the
 * runbook's mode: `observe_only` and `awaiting_approval` mean "everything else says yes".
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
  const { approved = incident?.approved ?? false, own = false } = options;
  const about: Case = { alert, incident, history, policy, now, own, approved };
  const early = checkAlert(about);
  if (early) return early;
  const runbook = policy.runbooks.find((candidate) => candidate.matches(alert.labels));
  if (!runbook) return { decision: 'skip', reason: 'no_runbook' };
  const matched = { ...about, runbook, target: history.target(runbook.service) };
  return { ...decideRepair(matched, observed), runbook: runbook.name };
}

export interface DecideOptions {
  /** Decides again, just before acting, about an incident that already has its target. */
  own?: boolean;
  approved?: boolean;
}

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

function decideRepair(matched: Matched, observed: Observation | undefined): Decision {
  const { runbook, now } = matched;
  if (!observed) return skip('runtime_unavailable', { until: now + lookAgainMs.runtime });
  const service = observed.services[runbook.service];
  const refused = checkTarget(runbook, service, now);
  if (refused) return refused;
  const repair = planRepair(runbook, matched.alert, service as ObservedService);
  return checkPolicy(matched, repair) ?? checkState(repair, now) ?? decideMode(matched, repair.action as PlannedAction);
}

function checkTarget(runbook: Runbook, service: ObservedService | undefined, now: number): Skip | undefined {
  if (!service || service.replicas.length === 0)
    return skip('target_missing', { until: now + lookAgainMs.target, detail: `no container of ${runbook.service}` });
  if (service.protected) return skip('protected_target');
  if (!service.optedIn) return skip('not_opted_in');
  return undefined;
}

/** Pause, single flight, quarantine, cooldown, backoff, attempts, budget: in this order. */
function checkPolicy(matched: Matched, { action }: Repair): Skip | undefined {
  const planned = action ? { action } : {};
  const found =
    checkPause(matched) ??
    checkFlight(matched) ??
    checkQuarantine(matched) ??
    checkRest(matched) ??
    checkBudget(matched);
  return found && { ...found, ...planned };
}

function checkPause({ history, now }: Case): Skip | undefined {
  const { pausedUntil } = history.bot();
  return isPaused(history, now) ? skip('paused', { until: pausedUntil as number }) : undefined;
}

export const isPaused = (history: History, now: number): boolean => (history.bot().pausedUntil ?? 0) > now;

function checkFlight({ alert, target, now }: Matched): Skip | undefined {
  if (target.active === undefined || target.active === incidentId(alert)) return undefined;
  return skip('in_progress', { until: now + lookAgainMs.flight, detail: `incident ${target.active}` });
}

/**
 * Two counts, because either alone has a hole. A window alone never trips when backoff stretches the attempts apart;
 * "since last healthy" alone never trips when every restart helps for a minute.
 */
export function quarantineCause(target: Target, { limits }: Runbook, now: number) {
  const { max, withinMs } = limits.attempts;
  if (target.quarantinedAt !== undefined) return 'quarantined' as const;
  if (target.attemptTimes.filter((time) => within(time, withinMs, now)).length >= max)
    return 'attempts_in_window' as const;
  return target.attemptsSinceHealthy >= max ? ('attempts_since_healthy' as const) : undefined;
}

function checkQuarantine({ target, runbook, now }: Matched): Skip | undefined {
  // After success a rest is enough of an answer for now; the count of attempts is looked at when the rest is over.
  const cause = quarantineCause(target, runbook, now);
  if (cause === undefined || (cause === 'attempts_in_window' && restUntil(target, runbook, now) !== undefined))
    return undefined;
  return skip('quarantined', { until: now + lookAgainMs.quarantine, detail: cause });
}

function checkRest({ target, runbook, now }: Matched): Skip | undefined {
  const until = restUntil(target, runbook, now);
  if (until === undefined) return undefined;
  return skip(target.lastOutcome === 'healed' ? 'cooldown' : 'backoff', { until });
}

/** When the rest after the last attempt ends; undefined when there is none. */
function restUntil({ lastOutcome, lastEndedAt, failuresInRow }: Target, { limits }: Runbook, now: number) {
  if (lastOutcome === undefined || lastEndedAt === undefined) return undefined;
  const { initialMs, maxMs } = limits.backoff;
  const doubled = Math.min(maxMs, initialMs * 2 ** Math.min(Math.max(0, failuresInRow - 1), 30));
  const restMs = lastOutcome === 'healed' ? limits.cooldownMs : doubled;
  return within(lastEndedAt, restMs, now) ? lastEndedAt + restMs : undefined;
}

function checkBudget({ history, policy, now, own }: Matched): Skip | undefined {
  const { actions, withinMs } = policy.budget;
  const { actionTimes, queued } = history.bot();
  const recent = actionTimes.filter((time) => within(time, withinMs, now));
  if (recent.length + queued - (own ? 1 : 0) < actions) return undefined;
  const frees = recent.find((time) => time <= now) ?? now;
  return skip('budget_spent', { until: Math.max(frees + withinMs, now + lookAgainMs.target) });
}

function checkState({ action, obstacle, detail }: Repair, now: number): Skip | undefined {
  if (!obstacle) return undefined;
  return skip(obstacle, {
    until: now + lookAgainMs.target,
    ...(action ? { action } : {}),
    ...(detail ? { detail } : {}),
  });
}

function decideMode({ runbook, incident, approved, policy, now }: Matched, action: PlannedAction): Decision {
  if (runbook.mode === 'observe') return skip('observe_only', { action });
  if (runbook.mode === 'approve' && !approved) {
    const asked = incident?.reason === 'awaiting_approval' ? incident.until : undefined;
    return skip('awaiting_approval', { action, until: asked ?? now + policy.approvalWithinMs });
  }
  const reason = approved ? 'approved' : incident?.outcome ? 'retry_after_ineffective' : 'matched';
  return { decision: 'act', reason, purpose: 'repair', runbook: runbook.name, action };
}

export const skip = (reason: SkipReason, rest: Omit<Skip, 'decision' | 'reason'> = {}): Skip => ({
  decision: 'skip',
  reason,
  ...rest,
});
