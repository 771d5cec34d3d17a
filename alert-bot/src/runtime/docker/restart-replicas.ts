import { type NamedTarget, nameTarget, normalTarget } from '../../targets/target-name.ts';
import type { ActionOptions, ActionResult, AffectedReplica } from '../runtime.ts';
import { type Acting, engineFailure, type Failure, failure, stopGraceMs, waitFor } from './acting.ts';
import { awaitSuccessor, type KnownReplica, successorMs, toKnownReplica } from './await-successor.ts';
import { nameOf } from './clone-container.ts';
import { confirmRestart, Unconfirmed } from './confirm-restart.ts';
import { type EngineError, hasStatus } from './engine-error.ts';
import type { ContainerInspect } from './engine-types.ts';
import { findBackup } from './find-backup.ts';
import { findHold } from './find-hold.ts';
import { findInterference } from './find-interference.ts';
import { findTarget } from './find-target.ts';
import { inspectUnlessGone } from './inspect-all.ts';
import { restartDependents } from './restart-dependents.ts';
import type { HealthVerdict } from './wait-healthy.ts';

export interface RestartTarget {
  /** The target's text. */
  service: string;
  /** The id of the one container that is meant. */
  replica?: string;
}

/**
 * Restarts the replicas of a service one at a time, lowest number first, each healthy before the next; or only the one named.
 * The first replica that does not come back ends it: restarting the rest would take down what still works. Then the same with
 * what the restart took with it.
 * @param underWay texts of targets whose restart led to this one
 * @param done what this action has restarted: once is enough
 */
export async function restartReplicas(
  acting: Acting,
  target: RestartTarget,
  options: ActionOptions,
  underWay: readonly string[] = [],
  done = new Set<string>(),
): Promise<ActionResult> {
  const result = await restartService(acting, target, options);
  if (!result.ok) return result;
  const name = nameTarget(normalTarget(target.service, acting.scope.home), acting.scope.home) as NamedTarget;
  const chain = [...underWay, name.target];
  const restartNextOne = (dependent: RestartTarget): Promise<ActionResult> =>
    chain.includes(dependent.service) || done.has(keyOf(dependent))
      ? Promise.resolve({ ok: true, replicas: [] })
      : restartReplicas(acting, dependent, { ...options, includeHeld: false }, chain, done);
  done.add(keyOf({ ...target, service: name.target }));
  const notes = await restartDependents(acting, name, result.replicas, options, restartNextOne);
  if (!Array.isArray(notes)) return notes;
  return notes.length === 0 ? result : { ...result, notes };
}

const keyOf = ({ service, replica = '' }: RestartTarget): string => `${service} ${replica}`;

async function restartService(acting: Acting, target: RestartTarget, options: ActionOptions): Promise<ActionResult> {
  options.signal?.throwIfAborted();
  const first = await lookAgain(acting, target, options);
  if ('code' in first) return (await findReplacement(acting, target, first, options)) ?? first;
  const done: AffectedReplica[] = [];
  for (const replica of first.chosen) {
    options.signal?.throwIfAborted();
    const outcome = await restartNext(acting, target.service, toKnownReplica(replica), options);
    if ('code' in outcome)
      return { ...outcome, message: `${outcome.message} Restarted before: ${done.length} of ${first.chosen.length}.` };
    done.push(outcome);
  }
  return { ok: true, replicas: done };
}

/** What there is to restart at this moment, or why it must not be done. */
async function lookAgain(
  { engine, scope, witnesses }: Acting,
  { service, replica }: RestartTarget,
  options: ActionOptions,
): Promise<{ chosen: ContainerInspect[] } | Failure> {
  const found = await findTarget(engine, scope, service);
  if ('refusal' in found) return failure(found.refusal.code, found.refusal.message);
  const chosen = found.replicas.filter(({ Id }) => replica === undefined || Id === replica);
  if (chosen.length === 0)
    return failure('target_missing', `The service ${service} has no container ${replica?.slice(0, 12)} any more.`);
  const hold = findHold(found.replicas, chosen, witnesses, options);
  if (hold) return failure(hold.code, hold.message, true);
  const configs = found.replicas.map(({ Config }) => Config);
  const backup = (await findBackup(engine, configs))(configs);
  return backup ? failure('changing', `The service ${service} waits: ${backup}.`, true) : { chosen };
}

/** The replica that the caller named was replaced since it was last seen. */
async function findReplacement(
  acting: Acting,
  { service, replica = '' }: RestartTarget,
  { code }: Failure,
  options: ActionOptions,
): Promise<ActionResult | undefined> {
  const known = acting.lastSeen.get(replica);
  if (code !== 'target_missing' || !known) return undefined;
  const outcome = await awaitSuccessor(acting, service, known, options, 0);
  return !outcome || 'code' in outcome ? outcome : { ok: true, replicas: [outcome] };
}

async function restartNext(
  acting: Acting,
  service: string,
  known: KnownReplica,
  options: ActionOptions,
): Promise<AffectedReplica | Failure> {
  const now = await lookAgain(acting, { service, replica: known.id }, options);
  if ('chosen' in now) return restartOne(acting, service, now.chosen[0] as ContainerInspect, options);
  if (now.code !== 'target_missing') return now;
  return (await awaitSuccessor(acting, service, known, options, successorMs)) ?? now;
}

async function restartOne(
  acting: Acting,
  service: string,
  before: ContainerInspect,
  options: ActionOptions,
): Promise<AffectedReplica | Failure> {
  const { own } = acting.witnesses;
  own.begin(before.Id);
  try {
    const outcome = await tryRestart(acting, service, before, options);
    if ('code' in outcome) await rememberEnding(acting, before);
    return outcome;
  } catch (error) {
    own.noteInterrupted(before);
    throw error;
  } finally {
    own.end(before.Id);
  }
}

async function tryRestart(
  acting: Acting,
  service: string,
  before: ContainerInspect,
  options: ActionOptions,
): Promise<AffectedReplica | Failure> {
  const { Id: id } = before;
  const name = nameOf(before);
  try {
    options.onStep?.({ step: 'restarting', replica: name });
    const asked = acting.engine.restart(id, stopGraceMs(before));
    await asked.catch((error) => confirmRestart(acting, before, options, error));
    acting.witnesses.own.noteStarted(id);
    options.onStep?.({ step: 'started', replica: name });
    const verdict = await waitFor(acting, id, options);
    if (!verdict.healthy) return (await findInterference(acting, service, before, options)) ?? unhealthy(name, verdict);
    options.onStep?.({ step: 'healthy', replica: name });
    return { id, name, startedAt: verdict.startedAt, previousStartedAt: before.State.StartedAt };
  } catch (error) {
    if (error instanceof Unconfirmed) return failure('engine_error', error.message, true);
    if (!isOthersDoing(error)) return engineFailure(error, `to restart ${id.slice(0, 12)}`);
    return afterOthers(acting, service, before, options, error);
  }
}

const unhealthy = (name: string, { code, message }: Extract<HealthVerdict, { healthy: false }>): Failure =>
  failure(code, `${name} was restarted, but ${message}.`, code !== 'target_missing');

/** Somebody else is at work on it: their restart counts, and while it cannot be seen nothing has happened that failed. */
async function afterOthers(
  acting: Acting,
  service: string,
  before: ContainerInspect,
  options: ActionOptions,
  error: EngineError,
): Promise<AffectedReplica | Failure> {
  const isListed = async () => (await inspectUnlessGone(acting.engine, before.Id)) !== undefined;
  const isContradiction = error.status === 404 && (await isListed()); // its successor is there at once, or never
  const waitMs = isContradiction ? 2_000 : successorMs;
  const replaced = await awaitSuccessor(acting, service, toKnownReplica(before), options, waitMs);
  if (replaced) return replaced;
  const name = nameOf(before);
  if (!(await isListed())) return failure('target_missing', `The container ${name} is gone.`);
  return failure('changing', `The engine did not restart ${name}, somebody else is at it: ${error.message}.`, true);
}

/** It is gone, is being removed (409), or is being restarted or stopped by somebody else (409, or 500 on older engines). */
const isOthersDoing = (error: unknown): error is EngineError =>
  hasStatus(error, 404, 409) || (hasStatus(error, 500) && /in progress|marked for removal/i.test(error.message));

/** A container that our call left stopped was not stopped by a person. */
async function rememberEnding({ engine, witnesses }: Acting, before: ContainerInspect): Promise<void> {
  const now = await inspectUnlessGone(engine, before.Id).catch(() => undefined);
  if (now?.State.Status !== 'exited') return;
  if (now.State.StartedAt === before.State.StartedAt) witnesses.own.noteStopped(now);
  else witnesses.own.noteFailed(now);
}
