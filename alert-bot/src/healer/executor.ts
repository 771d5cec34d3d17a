import { decide } from '../decide/decide.ts';
import { decideScaleBack } from '../decide/decide-scale-back.ts';
import { within } from '../decide/within.ts';
import type { NewEvent, PlannedAction } from '../incidents/event.ts';
import type { Attempt, Incident } from '../incidents/incident.ts';
import type { Runbook } from '../runbooks/runbook.ts';
import type { ActionResult, Evidence, Observation } from '../runtime/runtime.ts';
import type { Core } from './core.ts';
import { alertOf, decisionEvents } from './judge.ts';
import { runAction } from './run-action.ts';
import { settle } from './settle.ts';
import { withDeadline } from './with-deadline.ts';

const evidenceTimeoutMs = 5_000;

/** Codes of actions that were done and left the target unhealthy: it did not help, as opposed to it did not work. */
const ineffectiveCodes: ReadonlySet<string> = new Set(['never_healthy', 'exited']);

/** The runtime's result, or `unreachable`: nobody could say whether the action happened. */
export type Result = ActionResult | { ok: false; code: 'unreachable'; message: string; retryable: boolean };

/**
 * Acts for one queued incident: looks at the containers, decides once more, captures evidence, writes `acting`, acts, writes
 * `acted`. Resolves to the incident to verify, or undefined when nothing was done.
 */
export async function act(core: Core, id: string): Promise<Incident | undefined> {
  await endIfOver(core, id);
  const [evidence, observed] = await Promise.all([captureEvidence(core, id), core.observer.fresh()]);
  const attempt = await core.exclusively(() => begin(core, id, observed, evidence));
  if (!attempt) return undefined;
  const result = await attemptAction(
    core,
    attempt,
    attempt.before.map((replica) => replica.id),
  );
  if (core.stopping.signal.aborted && !result.ok) return undefined; // the next start finds out what happened
  return finish(core, id, result);
}

/** A decision that waited for long, behind others or while the bot was down, may have lost its ground. */
async function endIfOver(core: Core, id: string): Promise<void> {
  const incident = core.history.incident(id);
  if (
    incident?.status !== 'firing' ||
    within(core.lastSeen.get(id) ?? incident.receivedAt, core.timing.freshMs, core.now())
  )
    return;
  if ((await core.options.alertSource.look(incident)).state !== 'gone') return;
  await core.record([{ at: core.at(), incident: id, type: 'resolved', by: 'alert_source' }]);
}

/** Before anything is touched: a restart wipes the traces. A repair does not fail for want of them. */
async function captureEvidence(core: Core, id: string): Promise<Evidence | undefined> {
  const incident = core.history.incident(id);
  if (incident?.purpose !== 'repair' || !incident.action) return undefined;
  const { service } = incident.action;
  const replica = incident.action.type === 'restart' ? incident.action.replica : undefined;
  return withDeadline(core.options.runtime.evidence(service, replica), evidenceTimeoutMs).catch((err: unknown) => {
    core.options.logger.warn({ err, incident: id }, 'no evidence could be captured');
    return undefined;
  });
}

/** The last decision, and `acting` on disk before anything happens. */
async function begin(
  core: Core,
  id: string,
  observed: Observation | undefined,
  evidence: Evidence | undefined,
): Promise<Attempt | undefined> {
  const incident = core.history.incident(id);
  if (incident?.phase !== 'queued') return undefined;
  const policy = core.options.runbooks.current();
  const now = core.now();
  const decision =
    incident.purpose === 'on_resolved'
      ? decideScaleBack(incident, observed, core.history, policy, now, { own: true })
      : decide(alertOf(incident), observed, core.history, policy, now, { own: true });
  if (decision.decision === 'skip' || !observed) {
    await core.record(decisionEvents(id, incident, decision, 'before_acting', { history: core.history, policy, now }));
    core.options.metrics.decided(decision.reason);
    if (decision.decision === 'skip') core.lookAgain.set(id, decision.until ?? now + 60_000);
    return undefined;
  }
  const { action, purpose, runbook } = decision;
  const attempt: Attempt = {
    number: incident.attempts + 1,
    purpose,
    runbook,
    action,
    before: targetsOf(action, observed),
    actingAt: now,
  };
  await core.record(actingEvents(core, id, attempt, evidence));
  return attempt;
}

function actingEvents(core: Core, incident: string, attempt: Attempt, evidence: Evidence | undefined): NewEvent[] {
  const { number, purpose, runbook, action, before } = attempt;
  const head = { at: core.at(), incident, attempt: number };
  return [
    ...(evidence ? [{ ...head, type: 'evidence' as const, evidence }] : []),
    { ...head, type: 'acting', purpose, runbook, action, before: [...before] },
  ];
}

function targetsOf(action: PlannedAction, observed: Observation): Attempt['before'] {
  const replicas = observed.services.get(action.service)?.replicas ?? [];
  const mine =
    action.type === 'restart' && action.replica ? replicas.filter(({ id }) => id === action.replica) : replicas;
  return mine.map(({ id, name, startedAt }) => ({ id, name, startedAt }));
}

/** An answer that got lost is no failure yet: the start times say whether the action happened. */
export async function attemptAction(core: Core, attempt: Attempt, replicas: readonly string[]): Promise<Result> {
  const { runtime, logger } = core.options;
  const healthTimeoutMs = runbookOf(core, attempt.runbook)?.healthTimeoutMs ?? 90_000;
  try {
    return await runAction(core, runtime, attempt, replicas, healthTimeoutMs);
  } catch (err) {
    logger.warn(
      { err, service: attempt.action.service },
      'the runtime gave no answer; looking whether the action happened',
    );
    const trace = await settle(core, attempt);
    if (trace.found === 'happened') return { ok: true, replicas: [] };
    const code = trace.found === 'unreachable' ? 'unreachable' : 'engine_error';
    const message = `no answer from the container runtime (${(err as Error).message}); found: ${trace.found}`;
    return { ok: false, code, message, retryable: true };
  }
}

/** Writes `acted`, and the outcome at once when there is nothing to verify. */
export async function finish(core: Core, id: string, result: Result): Promise<Incident | undefined> {
  const incident = core.history.incident(id);
  if (!incident?.attempt) return undefined;
  const head = { at: core.at(), incident: id, attempt: incident.attempt.number };
  core.options.metrics.acted(Math.max(0, core.now() - incident.receivedAt) / 1_000);
  if (result.ok) {
    const after = result.replicas.map(({ id: replica, name, startedAt }) => ({ id: replica, name, startedAt }));
    await core.record([{ ...head, type: 'acted', ok: true, after }]);
  } else {
    const { code, message, retryable } = result;
    await core.record([
      { ...head, type: 'acted', ok: false, after: [], code, message: message.slice(0, 2_000), retryable },
    ]);
  }
  return core.history.incident(id);
}

/** What an action that reported failure led to; undefined when it has to be verified. */
export function outcomeOfFailure({ ok, code }: Attempt): 'ineffective' | 'failed' | 'unknown' | undefined {
  if (ok) return undefined;
  if (code === 'unreachable') return 'unknown';
  return code !== undefined && ineffectiveCodes.has(code) ? 'ineffective' : 'failed';
}

export const runbookOf = (core: Core, name: string | undefined): Runbook | undefined =>
  core.options.runbooks.current().runbooks.find((runbook) => runbook.name === name);
