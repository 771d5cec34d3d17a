import type { Alert } from '../alerts/alert.ts';
import type { History } from '../incidents/history.ts';
import { type Incident, incidentId, inFlight, type Target } from '../incidents/incident.ts';
import type { Policy, Runbook } from '../runbooks/runbook.ts';
import { checkSuppressed, type Knowledge } from './confirmation.ts';
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
  /** The attempt is on record already and is taken up again: it does not count against itself. */
  counted: boolean;
  approved: boolean;
  /** Absent when a delivery is decided on: it says itself that the alert fires. */
  known: Knowledge | undefined;
}

export interface Matched extends Case {
  runbook: Runbook;
  target: Target;
}

/** Pause, suppression, single flight, quarantine, cooldown, backoff, attempts, budget: in this order. */
export function checkPolicy(matched: Matched, { action }: Repair): Skip | undefined {
  const planned = action ? { action } : {};
  const found =
    checkPause(matched) ??
    checkSuppressed(matched.known, matched.now) ??
    stillSuppressed(matched) ??
    checkFlight({ ...matched, id: matched.incident?.id ?? incidentId(matched.alert) }) ??
    checkQuarantine(matched) ??
    checkRest(matched) ??
    checkBudget(matched);
  return found && { ...found, ...planned };
}

/** A pause ends with a `resumed` on record, not by the wall clock, which may jump. */
export function checkPause({ history }: Pick<Case, 'history'>): Skip | undefined {
  const { pausedUntil } = history.bot();
  return pausedUntil === undefined ? undefined : skip('paused', { until: pausedUntil });
}

/** A delivery does not say whether the alert is silenced: what was found out holds until the timer asks again. */
function stillSuppressed({ known, incident, now }: Case): Skip | undefined {
  if (known || incident?.reason !== 'suppressed') return undefined;
  return skip('suppressed', { until: now + lookAgainMs.suppressed });
}

/** A claim counts only while its incident is in flight, on this very target: otherwise nothing would ever end it. */
export function checkFlight({
  id,
  target,
  now,
  history,
}: Pick<Case, 'history' | 'now'> & { id: string; target: Target }): Skip | undefined {
  const { active } = target;
  if (active === undefined || active === id) return undefined;
  const holder = history.incident(active);
  if (!holder || !inFlight(holder) || !concerns(holder, target.target)) return undefined;
  return skip('in_progress', { until: now + lookAgainMs.flight, detail: `incident ${active}` });
}

const concerns = ({ target, attempt, phase }: Incident, text: string): boolean =>
  target === text || (phase !== 'queued' && attempt?.action.target === text);

/**
 * Two counts, because either alone has a hole. A window alone never trips when backoff stretches the attempts apart;
 * "since last healthy" alone never trips when every restart helps for a minute.
 */
export function quarantineCause(target: Target, { limits }: Runbook, now: number, discount = 0) {
  const { max, withinMs } = limits.attempts;
  if (target.quarantinedAt !== undefined) return 'quarantined' as const;
  if (target.attemptTimes.filter((time) => within(time, withinMs, now)).length - discount >= max)
    return 'attempts_in_window' as const;
  return target.attemptsSinceHealthy - discount >= max ? ('attempts_since_healthy' as const) : undefined;
}

function checkQuarantine({ target, runbook, now, counted }: Matched): Skip | undefined {
  // After success a rest is enough of an answer for now; the count of attempts is looked at when the rest is over.
  const cause = quarantineCause(target, runbook, now, Number(counted));
  if (cause === undefined || (cause === 'attempts_in_window' && restUntil(target, runbook, now) !== undefined))
    return undefined;
  return skip('quarantined', { until: now + lookAgainMs.quarantine, detail: cause });
}

function checkRest({ target, runbook, now, counted }: Matched): Skip | undefined {
  const until = counted ? undefined : restUntil(target, runbook, now);
  if (until === undefined) return undefined;
  return skip(target.lastOutcome === 'healed' ? 'cooldown' : 'backoff', { until });
}

/** When the rest after the last attempt ends; undefined when there is none. */
export function restUntil({ lastOutcome, lastEndedAt, failuresInRow }: Target, { limits }: Runbook, now: number) {
  if (lastOutcome === undefined || lastEndedAt === undefined) return undefined;
  const backoffMs = Math.min(limits.backoff.maxMs, limits.backoff.initialMs * 2 ** Math.max(0, failuresInRow - 1));
  const restMs = lastOutcome === 'healed' ? limits.cooldownMs : backoffMs;
  return within(lastEndedAt, restMs, now) ? lastEndedAt + restMs : undefined;
}

/** Actions of the window, and those that were promised: two alerts decided at the same moment must not both take the last one. */
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
