import type { ActionOptions, ActionResult, AffectedReplica } from '../runtime.ts';
import { type Acting, engineFailure, type Failure, failure, waitFor } from './acting.ts';
import { addReplica } from './add-replica.ts';
import { nameOf } from './clone-container.ts';
import { hasStatus, tolerate } from './engine-error.ts';
import type { ContainerSummary } from './engine-types.ts';
import { findTarget, isHalfMade } from './project-scope.ts';
import { removeReplica } from './remove-replica.ts';

/** How often the list is read again after somebody else took the name that we wanted. */
const maxConflicts = 5;

/**
 * Brings a service to `to` replicas that the compose CLI takes for its own. The lowest numbers stay; a stopped one among them
 * counts and is started first, as `docker compose up --scale` does. More are cloned one by one, too many are removed from the
 * highest number down. Answers with the replicas that the service has then.
 */
export async function scaleService(
  acting: Acting,
  service: string,
  to: number,
  options: ActionOptions,
): Promise<ActionResult> {
  if (!Number.isInteger(to) || to < 1)
    return failure('out_of_bounds', `A service is never scaled below one replica, so not to ${to}.`);
  const found = await findTarget(acting.engine, acting.scope, service);
  if ('refusal' in found) return failure(found.refusal.code, found.refusal.message);
  const replicas = await removeHalfMade(acting, found.replicas);
  return (
    (await startStopped(acting, replicas.slice(0, to), options)) ??
    (await grow(acting, service, to, options)) ??
    (await shrink(acting, service, to, options)) ??
    describe(acting, service)
  );
}

async function removeHalfMade(acting: Acting, replicas: ContainerSummary[]): Promise<ContainerSummary[]> {
  for (const { Id } of replicas.filter(isHalfMade)) await tolerate(acting.engine.remove(Id, { force: true }), 404, 409);
  return replicas.filter((replica) => !isHalfMade(replica));
}

async function startStopped(
  acting: Acting,
  kept: ContainerSummary[],
  options: ActionOptions,
): Promise<Failure | undefined> {
  for (const { Id, State, Names } of kept) {
    if (State !== 'exited' && State !== 'created') continue;
    const replica = Names[0]?.replace(/^\//, '') ?? Id.slice(0, 12);
    options.signal?.throwIfAborted();
    options.onStep?.({ step: 'starting', replica });
    try {
      await tolerate(acting.engine.start(Id), 304);
    } catch (error) {
      return engineFailure(error, `to start ${replica}`);
    }
    const verdict = await waitFor(acting, Id, options);
    if (!verdict.healthy) return failure(verdict.code, `${replica} was started, but ${verdict.message}.`, true);
  }
  return undefined;
}

/** Reads the list anew before each clone: a name that is taken means that somebody else is scaling too. */
async function grow(acting: Acting, service: string, to: number, options: ActionOptions): Promise<Failure | undefined> {
  const taken = new Set<number>();
  for (let conflicts = 0; conflicts < maxConflicts; ) {
    options.signal?.throwIfAborted();
    const found = await findTarget(acting.engine, acting.scope, service);
    if ('refusal' in found) return failure(found.refusal.code, found.refusal.message, true);
    if (found.replicas.length >= to) return undefined;
    const outcome = await addReplica(acting, found.replicas, taken, options);
    if (outcome === 'name_taken') conflicts += 1;
    else if (outcome) return outcome;
  }
  return failure('conflict', `The names of new replicas of ${service} are taken: somebody else is scaling it.`, true);
}

async function shrink(
  acting: Acting,
  service: string,
  to: number,
  options: ActionOptions,
): Promise<Failure | undefined> {
  const found = await findTarget(acting.engine, acting.scope, service);
  if ('refusal' in found) return failure(found.refusal.code, found.refusal.message, true);
  for (const { Id } of found.replicas.slice(to).reverse()) {
    options.signal?.throwIfAborted();
    const problem = await removeReplica(acting, Id, options);
    if (problem) return problem;
  }
  return undefined;
}

async function describe(acting: Acting, service: string): Promise<ActionResult> {
  const found = await findTarget(acting.engine, acting.scope, service);
  if ('refusal' in found) return failure(found.refusal.code, found.refusal.message, true);
  const replicas: AffectedReplica[] = [];
  for (const { Id } of found.replicas) {
    try {
      const seen = await acting.engine.inspect(Id);
      replicas.push({ id: Id, name: nameOf(seen), startedAt: seen.State.StartedAt });
    } catch (error) {
      if (!hasStatus(error, 404)) return engineFailure(error, 'to inspect a replica');
    }
  }
  return { ok: true, replicas };
}
