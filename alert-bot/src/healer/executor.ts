import { withTimeout } from '@stack/service-kit/timeout';
import { isJustHeard, type Knowledge } from '../decide/confirmation.ts';
import { lookAgainMs, skip } from '../decide/decision.ts';
import type { NewEvent, PlannedAction, ReplicaTime } from '../incidents/event.ts';
import type { Attempt, Incident } from '../incidents/incident.ts';
import type { Runbook } from '../runbooks/runbook.ts';
import type { ActionResult, Evidence, Observation, Replica } from '../runtime/runtime.ts';
import { targetNameOf } from '../targets/target-name.ts';
import { remainingReplicas } from '../verify/check-target.ts';
import type { Core } from './core.ts';
import { decideIncident } from './decide-incident.ts';
import { decided, decisionEvents } from './judge.ts';
import { askBeforeActing, heardAt } from './knowledge.ts';
import { runAction } from './run-action.ts';
import { settle } from './settle.ts';

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
  const queued = core.history.incident(id);
  if (!queued) return undefined;
  const [evidence, known] = await Promise.all([captureEvidence(core, id), askBeforeActing(core, queued)]);
  if (await endIfOver(core, id, known)) return undefined;
  const observed = await core.observer.fresh(); // last, so that nothing is older than it has to be
  const attempt = await core.exclusively(() => begin(core, id, { observed, known }, evidence));
  if (!attempt) return undefined;
  const result = await attemptAction(
    core,
    attempt,
    attempt.before.map((replica) => replica.id),
    includesHeld(attempt, observed),
  );
  if (core.stopping.signal.aborted && !result.ok) return undefined; // the next start finds out what happened
  const incident = await finish(core, id, result);
  timeAction(core, attempt, incident?.attempt);
  return incident;
}

/** Only what began and ended in this life of the bot: how long an action took that a crash cut in two is not known. */
function timeAction({ options }: Core, { number, actingAt }: Attempt, done: Attempt | undefined): void {
  if (done?.number === number && done.actedAt !== undefined)
    options.metrics.acted(Math.max(0, done.actedAt - actingAt) / 1_000);
}

/** A decision that waited, behind others or while the bot was down, may have lost its ground. */
async function endIfOver(core: Core, id: string, { report }: Knowledge): Promise<boolean> {
  return core.exclusively(async () => {
    const incident = core.history.incident(id);
    if (incident?.phase !== 'queued' || incident.status !== 'firing' || report.state !== 'gone') return false;
    if (incident.attempts === 0 && isJustHeard({ heardAt: heardAt(core, incident) }, core.now())) return false;
    const over = { at: core.at(), incident: id };
    const decision = skip('resolved');
    await core.record([
      { ...over, type: 'resolved', by: 'alert_source' },
      decided(id, decision, 'before_acting', over.at),
    ]);
    core.options.metrics.decided('resolved');
    return true;
  });
}

/** Before anything is touched: a restart wipes the traces. A repair does not fail for want of them. */
async function captureEvidence(core: Core, id: string): Promise<Evidence | undefined> {
  const incident = core.history.incident(id);
  if (incident?.purpose !== 'repair' || !incident.action) return undefined;
  const { target } = incident.action;
  const replica = incident.action.type === 'restart' ? incident.action.replica : undefined;
  const captured = core.options.runtime.evidence(target, replica);
  return withTimeout(captured, evidenceTimeoutMs, 'capturing evidence').catch((err: unknown) => {
    core.options.logger.warn({ err, incident: id }, 'no evidence could be captured');
    return undefined;
  });
}

/** The last decision, and `acting` on disk before anything happens. */
async function begin(
  core: Core,
  id: string,
  { observed, known }: { observed: Observation | undefined; known: Knowledge },
  evidence: Evidence | undefined,
): Promise<Attempt | undefined> {
  const incident = core.history.incident(id);
  if (incident?.phase !== 'queued') return undefined;
  const now = core.now();
  const current = { ...known, heardAt: heardAt(core, incident) };
  const decision = decideIncident(core, incident, observed, current, { own: true });
  if (decision.decision === 'skip' || !observed) {
    const policy = core.options.runbooks.current();
    await core.record(
      decisionEvents(id, incident, decision, 'before_acting', {
        history: core.history,
        policy,
        home: observed?.project,
        observed,
        now,
      }),
    );
    core.options.metrics.decided(decision.reason);
    if (decision.decision === 'skip') core.lookAgain.set(id, decision.until ?? now + 60_000);
    return undefined;
  }
  const { action, purpose, runbook } = decision;
  const before = targetsOf(action, observed);
  const attempt: Attempt = { number: incident.attempts + 1, purpose, runbook, action, before, actingAt: now };
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

/**
 * Whether the action means a replica that looks stopped or paused by a person. It was decided on all the same: the runbook says
 * so, or the bot's own action had stopped it. The runtime, which looks once more, must know.
 */
export function includesHeld({ action, before }: Attempt, observed: Observation | undefined): boolean {
  const replicas = observed?.services.get(action.target)?.replicas ?? [];
  const isHeld = ({ state, stoppedBy }: Replica) =>
    state === 'paused' || (state === 'exited' && stoppedBy === 'person');
  return replicas.some((replica) => isHeld(replica) && before.some(({ id }) => id === replica.id));
}

function targetsOf(action: PlannedAction, observed: Observation): Attempt['before'] {
  const replicas = observed.services.get(action.target)?.replicas ?? [];
  const mine =
    action.type === 'restart' && action.replica ? replicas.filter(({ id }) => id === action.replica) : replicas;
  return mine.map(({ id, name, startedAt }) => ({ id, name, startedAt }));
}

/** An answer that got lost is no failure yet: the start times say whether the action happened. */
export async function attemptAction(
  core: Core,
  attempt: Attempt,
  replicas: readonly string[],
  includeHeld: boolean,
): Promise<Result> {
  const { logger } = core.options;
  try {
    const healthTimeoutMs = runbookOf(core, attempt.runbook)?.healthTimeoutMs ?? 90_000;
    return await runAction(core, attempt, replicas, { healthTimeoutMs, includeHeld });
  } catch (err) {
    logger.warn(
      { err, target: attempt.action.target },
      'the runtime gave no answer; looking whether the action happened',
    );
    const trace = await settle(core, attempt);
    if (trace.found === 'happened') return { ok: true, replicas: [] };
    const code = trace.found === 'unreachable' ? 'unreachable' : 'engine_error';
    const message = `no answer from the container runtime (${(err as Error).message}); found: ${trace.found}`;
    return { ok: false, code, message, retryable: true };
  }
}

/** Refusals of a runtime that looked once more and found somebody else at work. */
const refusals: ReadonlySet<string> = new Set(['held_by_person', 'changing']);

/** Writes `acted`; or, when the runtime refused before it touched anything, that there was no attempt. */
export async function finish(core: Core, id: string, result: Result): Promise<Incident | undefined> {
  const attempt = core.history.incident(id)?.attempt;
  if (!attempt) return undefined;
  if (!result.ok && refusals.has(result.code) && (await isUntouched(core, attempt))) {
    await withdraw(core, id, result);
    return core.history.incident(id);
  }
  await core.record([{ ...(await actedEvent(core, attempt, result)), at: core.at(), incident: id }]);
  const { action, purpose } = attempt;
  core.options.metrics.actionDone({ type: action.type, ...targetNameOf(action), purpose }, result.ok);
  return core.history.incident(id);
}

async function actedEvent(core: Core, attempt: Attempt, result: Result) {
  const head = { type: 'acted' as const, attempt: attempt.number };
  if (result.ok) {
    const notes = result.notes?.length ? { notes: result.notes.slice(0, 20).map((note) => note.slice(0, 300)) } : {};
    return { ...head, ok: true, after: result.replicas.map(toReplicaTime), ...notes };
  }
  const { code, message, retryable } = result;
  // A scaling that failed half-way has left replicas: they are to be undone like any other.
  const after = attempt.action.type === 'scale' ? await replicasOf(core, attempt.action.target) : [];
  return { ...head, ok: false, after, code, message: message.slice(0, 2_000), retryable };
}

const toReplicaTime = ({ id, name, startedAt }: ReplicaTime): ReplicaTime => ({ id, name, startedAt });

const replicasOf = async (core: Core, target: string): Promise<ReplicaTime[]> =>
  ((await core.observer.fresh())?.services.get(target)?.replicas ?? []).map(toReplicaTime);

async function isUntouched(core: Core, attempt: Attempt): Promise<boolean> {
  const observed = await core.observer.fresh();
  return observed !== undefined && remainingReplicas(attempt, observed).length === attempt.before.length;
}

async function withdraw(core: Core, id: string, { code, message }: Extract<Result, { ok: false }>): Promise<void> {
  const until = core.now() + lookAgainMs.target;
  const decision = skip(code as 'held_by_person' | 'changing', { until, detail: message.slice(0, 500) });
  await core.record([{ ...decided(id, decision, 'before_acting', core.at()), withdrawn: true } as NewEvent]);
  core.options.metrics.decided(decision.reason);
  core.lookAgain.set(id, until);
}

/** What an action that reported failure led to; undefined when it has to be verified. */
export function outcomeOfFailure({ ok, code, action }: Attempt): 'ineffective' | 'failed' | 'unknown' | undefined {
  if (ok) return undefined;
  // Somebody else changed the number of replicas: whether that helps is to be seen.
  if (code === 'conflict' && action.type === 'scale') return undefined;
  if (code === 'unreachable' || code === 'aborted') return 'unknown';
  return code !== undefined && ineffectiveCodes.has(code) ? 'ineffective' : 'failed';
}

export const runbookOf = (core: Core, name: string | undefined): Runbook | undefined =>
  core.options.runbooks.current().runbooks.find((runbook) => runbook.name === name);
