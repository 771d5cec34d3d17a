import { type ActionOptions, type ActionResult, type AffectedReplica, RuntimeUnavailable } from '../runtime.ts';
import { type Acting, engineFailure, type Failure, failure, stopGraceMs, waitFor } from './acting.ts';
import { nameOf } from './clone-container.ts';
import { EngineUnreachable, hasStatus } from './engine-error.ts';
import type { ContainerInspect } from './engine-types.ts';
import { findTarget, isHalfMade } from './project-scope.ts';

/**
 * Restarts the replicas of a service one at a time, lowest number first, each healthy before the next; or only the one named.
 * The first replica that does not come back ends it: restarting the rest would take down what still works.
 */
export async function restartReplicas(
  acting: Acting,
  target: { service: string; replica?: string },
  options: ActionOptions,
): Promise<ActionResult> {
  const found = await findTarget(acting.engine, acting.scope, target.service);
  if ('refusal' in found) return failure(found.refusal.code, found.refusal.message);
  const replicas = found.replicas.filter((replica) => !isHalfMade(replica));
  const chosen = replicas.filter(({ Id }) => target.replica === undefined || Id === target.replica);
  if (chosen.length === 0)
    return failure(
      'target_missing',
      `The service ${target.service} has no container ${target.replica?.slice(0, 12)} any more.`,
    );
  const done: AffectedReplica[] = [];
  for (const { Id } of chosen) {
    options.signal?.throwIfAborted();
    const outcome = await restartOne(acting, Id, options);
    if ('code' in outcome)
      return { ...outcome, message: `${outcome.message} Restarted before: ${done.length} of ${chosen.length}.` };
    done.push(outcome);
  }
  return { ok: true, replicas: done };
}

async function restartOne(acting: Acting, id: string, options: ActionOptions): Promise<AffectedReplica | Failure> {
  const { engine } = acting;
  let before: ContainerInspect;
  try {
    before = await engine.inspect(id);
    options.onStep?.({ step: 'restarting', replica: nameOf(before) });
    await engine.restart(id, stopGraceMs(before)).catch((error) => confirmRestart(acting, before, options, error));
  } catch (error) {
    if (hasStatus(error, 404)) return failure('target_missing', `The container ${id.slice(0, 12)} is gone.`);
    if (error instanceof Unconfirmed) return failure('engine_error', error.message, true);
    return engineFailure(error, `to restart ${id.slice(0, 12)}`);
  }
  const name = nameOf(before);
  options.onStep?.({ step: 'started', replica: name });
  const verdict = await waitFor(acting, id, options);
  if (!verdict.healthy)
    return failure(verdict.code, `${name} was restarted, but ${verdict.message}.`, verdict.code !== 'target_missing');
  options.onStep?.({ step: 'healthy', replica: name });
  return { id, name, startedAt: verdict.startedAt, previousStartedAt: before.State.StartedAt };
}

class Unconfirmed extends Error {}

/**
 * The connection broke while the engine was restarting. The engine goes on without us (moby: the sequence is detached from the
 * request), so asking again could restart twice: look for the new start time instead.
 */
async function confirmRestart(
  acting: Acting,
  before: ContainerInspect,
  options: ActionOptions,
  error: unknown,
): Promise<void> {
  if (!(error instanceof EngineUnreachable) || !error.maybeReceived) throw error;
  const deadline = acting.clock.now() + options.healthTimeoutMs;
  let last: unknown = error;
  while (acting.clock.now() < deadline) {
    options.signal?.throwIfAborted();
    await acting.clock.sleep(acting.pollMs, options.signal);
    try {
      const now = await acting.engine.inspect(before.Id);
      if (now.State.StartedAt !== before.State.StartedAt) return;
      last = undefined;
    } catch (problem) {
      if (!(problem instanceof RuntimeUnavailable)) throw problem;
      last = problem;
    }
  }
  if (last) throw last;
  throw new Unconfirmed(`${error.message}; ${nameOf(before)} still has its old start time.`);
}
