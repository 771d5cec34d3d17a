import type { EventOf, NewEvent } from '../incidents/event.ts';
import type { Attempt, Incident } from '../incidents/incident.ts';
import type { Outcome } from '../incidents/outcome.ts';
import { checkTarget, type TargetCheck } from '../verify/check-target.ts';
import type { Core } from './core.ts';
import { outcomeOfFailure, runbookOf } from './executor.ts';
import { quarantineEvents } from './judge.ts';
import { describeOutcome } from './texts.ts';

type AlertCheck = EventOf<'verified'>['alert'];
interface Checks {
  outcome: Outcome;
  target: TargetCheck;
  alert: AlertCheck;
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

async function watch(core: Core, id: string, attempt: Attempt): Promise<Checks | undefined> {
  const { clock } = core.options;
  const { signal } = core.stopping;
  const { verifyPollMs } = core.timing;
  const withinMs = runbookOf(core, attempt.runbook)?.verifyWithinMs ?? 180_000;
  // What passed before a restart of the bot counts, as far as the clock can be believed.
  let elapsedMs = Math.min(Math.max(0, core.now() - (attempt.actedAt ?? 0)), withinMs);
  for (;;) {
    const began = core.now();
    const checks = await look(core, id, attempt);
    if (signal.aborted) return undefined;
    if (checks.outcome === 'healed' || elapsedMs >= withinMs) return checks;
    await clock.sleep(verifyPollMs, signal);
    // At least the sleep, at most a few times it: the clock may jump either way.
    elapsedMs += Math.min(Math.max(verifyPollMs, core.now() - began), verifyPollMs * 10);
  }
}

async function look(core: Core, id: string, attempt: Attempt): Promise<Checks> {
  const target = checkTarget(attempt, await core.observer.fresh());
  const alert = attempt.purpose === 'repair' ? await lookAtAlert(core, id, attempt) : 'not_checked';
  const alertOver = alert === 'gone' || alert === 'not_checked';
  if (target === 'ok' && alertOver) return { outcome: 'healed', target, alert };
  const unknown = target === 'unknown' || (target === 'ok' && alert === 'unknown');
  return { outcome: unknown ? 'unknown' : 'ineffective', target, alert };
}

/** Alertmanager's `resolved` alone is proof only where there is nobody to ask: it comes by itself when Prometheus dies. */
async function lookAtAlert(core: Core, id: string, { actedAt = 0 }: Attempt): Promise<AlertCheck> {
  const incident = core.history.incident(id) as Incident;
  const { alertSource } = core.options;
  if (alertSource.configured) {
    const { state } = await alertSource.look(incident, actedAt);
    return state === 'pending' ? 'firing' : state;
  }
  if (incident.status === 'resolved') return 'gone';
  return (core.lastSeen.get(id) ?? 0) > actedAt ? 'firing' : 'unknown';
}

async function conclude(core: Core, id: string, attempt: Attempt, { outcome, target, alert }: Checks): Promise<void> {
  const { metrics } = core.options;
  const seconds = Math.max(0, core.now() - (attempt.actedAt ?? 0)) / 1_000;
  const { number, purpose, action } = attempt;
  const head = { at: core.at(), incident: id };
  const events: NewEvent[] = [{ ...head, type: 'verified', attempt: number, purpose, outcome, target, alert, seconds }];
  if (alert === 'gone' && core.history.incident(id)?.status === 'firing')
    events.push({ ...head, type: 'resolved', by: 'alert_source' });
  await core.record(events);
  metrics.verified(seconds);
  metrics.actionFinished(action.type, action.service, outcome);
  const incident = core.history.incident(id) as Incident;
  if (outcome === 'healed' && purpose === 'repair') metrics.healed(Math.max(0, core.now() - incident.startsAt) / 1_000);
  const kind = purpose === 'on_resolved' && outcome === 'healed' ? 'scaled_back' : outcome;
  core.notify(kind, incident, describeOutcome(incident, kind));
  if (outcome !== 'healed' && purpose === 'repair') await quarantineIfDue(core, id, attempt);
}

/** Not with the next alert but with the last failed attempt: then a person is called while it matters. */
async function quarantineIfDue(core: Core, id: string, attempt: Attempt): Promise<void> {
  const runbook = runbookOf(core, attempt.runbook);
  if (!runbook) return;
  await core.record(quarantineEvents(id, runbook, { history: core.history, now: core.now() }));
}
