import type { Alert } from '../alerts/alert.ts';
import type { History } from '../incidents/history.ts';
import { type Incident, incidentId, type Target } from '../incidents/incident.ts';
import type { Policy, Runbook } from '../runbooks/runbook.ts';
import { lookAgainMs, type Skip, skip } from './decision.ts';
import type { Repair } from './plan-repair.ts';
import { within } from './within.ts';

/** The world as one alert's decision sees it. */
export interface Case {
  alert: Alert;
  incident: Incident | undefined;
  history: History;
  policy: Policy;
  now: number;
  /** The alert's own claim on its target and the budget does not stand in its way. */
  own: boolean;
  approved: boolean;
}

export interface Matched extends Case {
  runbook: Runbook;
  target: Target;
}

/** Pause, single flight, quarantine, cooldown, backoff, attempts, budget: in this order. */
export function checkPolicy(matched: Matched, { action }: Repair): Skip | undefined {
  const planned = action ? { action } : {};
  const found =
    checkPause(matched) ??
    checkFlight({ ...matched, id: incidentId(matched.alert) }) ??
    checkQuarantine(matched) ??
    checkRest(matched) ??
    checkBudget(matched);
  return found && { ...found, ...planned };
}

export function checkPause({ history, now }: Pick<Case, 'history' | 'now'>): Skip | undefined {
  const { pausedUntil } = history.bot();
  return isPaused(history, now) ? skip('paused', { until: pausedUntil as number }) : undefined;
}

export const isPaused = (history: History, now: number): boolean => (history.bot().pausedUntil ?? 0) > now;

export function checkFlight({ id, target, now }: { id: string; target: Target; now: number }): Skip | undefined {
  if (target.active === undefined || target.active === id) return undefined;
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

export function checkBudget({
  history,
  policy,
  now,
  own,
}: Pick<Case, 'history' | 'policy' | 'now' | 'own'>): Skip | undefined {
  const { actions, withinMs } = policy.budget;
  const { actionTimes, queued } = history.bot();
  const recent = actionTimes.filter((time) => within(time, withinMs, now));
  if (recent.length + queued - (own ? 1 : 0) < actions) return undefined;
  const frees = recent.find((time) => time <= now) ?? now;
  return skip('budget_spent', { until: Math.max(frees + withinMs, now + lookAgainMs.target) });
}
