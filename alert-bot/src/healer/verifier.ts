import { withWords } from '../decide/container-says.ts';
import { applyEvent } from '../incidents/apply-event.ts';
import type { EventOf, NewEvent } from '../incidents/event.ts';
import type { Attempt, Incident } from '../incidents/incident.ts';
import type { Verdict } from '../incidents/outcome.ts';
import { TrialHistory } from '../incidents/trial-history.ts';
import { targetNameOf } from '../targets/target-name.ts';
import { checkTarget, type TargetCheck } from '../verify/check-target.ts';
import type { Core } from './core.ts';
import { outcomeOfFailure, runbookOf } from './executor.ts';
import { quarantineEvents } from './judge.ts';
import { askAbout } from './knowledge.ts';
import { describeOutcome } from './texts.ts';

type AlertCheck = EventOf<'verified'>['alert'];
interface Checks {
  outcome: Verdict;
  target: TargetCheck;
  alert: AlertCheck;
  evaluatedAt?: number;
  detail?: string;
}

/**
 * Watches an acted incident until it is healed or its deadline is over, and records the outcome. Resolves to false when the
 * healer stops first: the next start verifies again.
 */
export async function verify(core: Core, id: string): Promise<boolean> {
  const incident = core.history.incident(id);
  const attempt = incident?.attempt;
  if (!incident || !attempt || attempt.actedAt === undefined) return true;
  const failure = outcomeOfFailure(attempt);
  const checks: Checks | undefined = failure
    ? { outcome: failure, target: 'not_checked', alert: 'not_checked' }
    : await watch(core, id, attempt);
  if (!checks) return false;
  await core.exclusively(() => conclude(core, id, attempt, checks));
  return true;
}

/** The first of the looks that found everything good, without a break since. */
interface Streak {
  /** Since when, on the verification's own clock. */
  since: number;
  /** How long it has lasted: counted in sleeps alone, because a wall clock that jumps must not shorten the hold time. */
  heldMs: number;
  /** On the wall clock: a delivery after it breaks the streak. */
  at: number;
  evaluatedAt: number | undefined;
}

async function watch(core: Core, id: string, attempt: Attempt): Promise<Checks | undefined> {
  const { clock } = core.options;
  const { signal } = core.stopping;
  const { verifyPollMs } = core.timing;
  const { verifyWithinMs: withinMs, stableMs } = verifyTimes(core, attempt);
  // What passed before a restart of the bot counts, as far as the clock can be believed.
  let elapsedMs = Math.min(Math.max(0, core.now() - (attempt.actedAt ?? 0)), withinMs);
  let streak: Streak | undefined;
  for (;;) {
    const began = core.now();
    const checks = await look(core, id, attempt);
    if (signal.aborted) return undefined;
    core.progress.look(id, describeLook(checks));
    streak = isGood(core, id, checks, streak)
      ? (streak ?? { since: elapsedMs, heldMs: 0, at: began, ...pick(checks) })
      : undefined;
    if (streak && isStable(streak, checks, stableMs)) return checks;
    // A good beginning gets the time to prove itself, also past the deadline.
    const patienceMs = streak ? Math.max(withinMs, streak.since + 2 * stableMs + overtimeMs) : withinMs;
    if (elapsedMs >= patienceMs) return tooLate(checks, streak);
    await clock.sleep(verifyPollMs, signal);
    if (streak) streak.heldMs += verifyPollMs;
    // At least the sleep, at most a few times it: the clock may jump either way.
    elapsedMs += Math.min(Math.max(verifyPollMs, core.now() - began), verifyPollMs * 10);
  }
}

/** For the rule's next evaluation, which may be a minute away. */
const overtimeMs = 60_000;

/** The time is over, and what looks good now has not been so for long enough to believe it. */
function tooLate(checks: Checks, streak: Streak | undefined): Checks {
  if (checks.outcome !== 'healed') return checks;
  if (streak) return { ...checks, outcome: 'unknown', detail: 'its rule was not evaluated a second time' };
  return { ...checks, outcome: 'ineffective', alert: 'firing', detail: 'a delivery says that the alert fires' };
}

/** For who watches; the log has the last one. */
const describeLook = ({ target, alert, detail }: Checks) =>
  `target ${target.replaceAll('_', ' ')}, alert ${alert.replaceAll('_', ' ')}${detail ? ` (${detail})` : ''}`;

const pick = ({ evaluatedAt }: Checks) => ({ evaluatedAt });

function verifyTimes(core: Core, { runbook, purpose }: Attempt) {
  const { verifyWithinMs = 180_000, stableMs = 15_000 } = runbookOf(core, runbook) ?? {};
  // Undoing a scaling has nothing to prove but the number of replicas.
  return { verifyWithinMs, stableMs: purpose === 'repair' ? stableMs : 0 };
}

/** A firing delivery after the first good look contradicts it: what was seen was not the end. */
function isGood(core: Core, id: string, { outcome }: Checks, streak: Streak | undefined): boolean {
  if (outcome !== 'healed') return false;
  const heard = core.heard.get(core.history.incident(id)?.fingerprint ?? '') ?? 0;
  return streak === undefined || heard <= streak.at;
}

/** Good for long enough, at two looks, which rest on two evaluations of the rule where it has any. */
function isStable(streak: Streak, { evaluatedAt }: Checks, stableMs: number): boolean {
  if (stableMs === 0) return true;
  const isAnother = evaluatedAt === undefined || evaluatedAt !== streak.evaluatedAt;
  return streak.heldMs > 0 && streak.heldMs >= stableMs && isAnother;
}

async function look(core: Core, id: string, attempt: Attempt): Promise<Checks> {
  const [observed, alert] = await Promise.all([core.observer.fresh(), lookAtAlert(core, id, attempt)]);
  const target = checkTarget(attempt, observed);
  const alertOver = alert.state === 'gone' || alert.state === 'not_checked';
  const { state, ...rest } = alert;
  if (target === 'ok' && alertOver) return { outcome: 'healed', target, alert: state, ...rest };
  const unknown = target === 'unknown' || (target === 'ok' && alert.state === 'unknown');
  return { outcome: unknown ? 'unknown' : 'ineffective', target, alert: state, ...rest };
}

interface AlertLook {
  state: AlertCheck;
  evaluatedAt?: number;
  detail?: string;
}

/** Alertmanager's `resolved` alone is proof only where there is nobody to ask: it comes by itself when Prometheus dies. */
async function lookAtAlert(core: Core, id: string, { purpose, actedAt = 0 }: Attempt): Promise<AlertLook> {
  const incident = core.history.incident(id);
  if (purpose !== 'repair' || !incident) return { state: 'not_checked' };
  const { report, heardAt, configured } = await askAbout(core, incident, actedAt);
  if (configured) {
    const { state, evaluatedAt, detail } = report;
    const rest = { ...(evaluatedAt === undefined ? {} : { evaluatedAt }), ...(detail === undefined ? {} : { detail }) };
    return { state: state === 'pending' ? 'firing' : state, ...rest };
  }
  if (incident.status === 'resolved') return { state: 'gone' };
  return { state: heardAt > actedAt ? 'firing' : 'unknown' };
}

async function conclude(core: Core, id: string, attempt: Attempt, checks: Checks): Promise<void> {
  const { outcome, target, alert, detail } = checks;
  const { metrics } = core.options;
  const seconds = Math.max(0, core.now() - (attempt.actedAt ?? 0)) / 1_000;
  const { number, purpose, action } = attempt;
  const head = { at: core.at(), incident: id };
  const about = detail === undefined ? {} : { detail: detail.slice(0, 500) };
  const events: NewEvent[] = [
    { ...head, type: 'verified', attempt: number, purpose, outcome, target, alert, seconds, ...about },
  ];
  if (alert === 'gone' && core.history.incident(id)?.status === 'firing')
    events.push({ ...head, type: 'resolved', by: 'alert_source' });
  if (outcome !== 'healed' && purpose === 'repair') events.push(...quarantineIfDue(core, id, attempt, events));
  await core.record(events);
  metrics.verified(seconds);
  metrics.actionFinished({ type: action.type, ...targetNameOf(action), purpose }, outcome);
  const incident = core.history.incident(id) as Incident;
  if (outcome === 'healed' && purpose === 'repair') metrics.healed(Math.max(0, core.now() - incident.startsAt) / 1_000);
  const kind = purpose === 'on_resolved' && outcome === 'healed' ? 'scaled_back' : outcome;
  core.notify(kind, incident, describeOutcome(incident, kind));
}

/**
 * Not with the next alert but with the last failed attempt: then a person is called while it matters. Recorded together with
 * the outcome, so that a crash between the two delays no call.
 */
function quarantineIfDue(core: Core, id: string, attempt: Attempt, events: readonly NewEvent[]): NewEvent[] {
  const runbook = runbookOf(core, attempt.runbook);
  if (!runbook) return [];
  const history = new TrialHistory(core.history);
  for (const event of events) applyEvent(history, event);
  const name = targetNameOf(attempt.action);
  const limited = withWords(runbook, core.observer.last()?.services.get(name.target));
  return quarantineEvents(id, { runbook: limited, name }, { history, now: core.now() });
}
