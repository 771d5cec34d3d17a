import { parseTarget, plainProject } from '../../targets/target-name.ts';
import type { ActionOptions, ActionResult, ScaleChange } from '../runtime.ts';
import { type Acting, type Failure, failure } from './acting.ts';
import { addReplica } from './add-replica.ts';
import { nameOf } from './clone-container.ts';
import { isClone, replicaNumber } from './compose-labels.ts';
import { tolerate } from './engine-error.ts';
import type { ContainerInspect } from './engine-types.ts';
import { findCountConflict } from './find-count-conflict.ts';
import { findHold } from './find-hold.ts';
import { findTarget } from './find-target.ts';
import { removeReplica } from './remove-replica.ts';
import { startReplica } from './start-replica.ts';

/** How often the list is read again after somebody else took the name that we wanted. */
const maxConflicts = 5;

/** One scaling under way: what it has found and done so far. */
interface Scaling {
  acting: Acting;
  service: string;
  options: ActionOptions;
  /** The ids of the replicas as we know them; another set means that somebody else is at work. */
  known: Set<string>;
  done: string[];
}

/**
 * Brings a service from `from` to `to` replicas that the compose CLI takes for its own. More are cloned one by one, after those
 * that ended on their own were started, as `docker compose up --scale` does; fewer are removed from the highest number down, and
 * only those that the bot added. The service is looked at again before every step: who changes it in between wins.
 * Answers with the replicas that the service has then.
 */
export async function scaleService(
  acting: Acting,
  service: string,
  change: ScaleChange,
  options: ActionOptions,
): Promise<ActionResult> {
  if (!Number.isInteger(change.to) || change.to < 1)
    return failure('out_of_bounds', `A service is never scaled below one replica, so not to ${change.to}.`);
  const scaling: Scaling = { acting, service, options, known: new Set(), done: [] };
  const first = await look(scaling);
  if (!Array.isArray(first)) return first;
  if (parseTarget(service, acting.scope.home)?.project === plainProject)
    return failure(
      'not_scalable',
      `${service} is a single container that no compose project made: it is never scaled.`,
    );
  const conflict = findCountConflict(first, change);
  if (conflict) return failure('conflict', `${service} has ${first.length} replicas: ${conflict}. Nothing was done.`);
  scaling.known = new Set(first.map(({ Id }) => Id));
  const problem =
    (await removeHalfMade(scaling)) ??
    (change.to >= change.from ? await grow(scaling, change.to) : await shrink(scaling, change.to));
  return problem ? tell(problem, scaling) : describe(scaling);
}

/** The replicas at this moment, or why nothing may be done to them. */
async function look({ acting, service, options, known }: Scaling): Promise<ContainerInspect[] | Failure> {
  const found = await findTarget(acting.engine, acting.scope, service);
  if ('refusal' in found) return failure(found.refusal.code, found.refusal.message);
  const { replicas } = found;
  const hold = findHold(replicas, replicas, acting.witnesses, options);
  if (hold) return failure(hold.code, hold.message, true);
  const isChanged = known.size > 0 && (replicas.length !== known.size || replicas.some(({ Id }) => !known.has(Id)));
  if (!isChanged) return replicas;
  const message = `Somebody else changed the replicas of ${service} meanwhile: there are ${replicas.length} now.`;
  return failure('conflict', message);
}

async function removeHalfMade({ acting, service }: Scaling): Promise<Failure | undefined> {
  const found = await findTarget(acting.engine, acting.scope, service);
  if ('refusal' in found) return failure(found.refusal.code, found.refusal.message);
  for (const { Id } of found.halfMade) await tolerate(acting.engine.remove(Id, { force: true }), 404, 409);
  return undefined;
}

/** A name that is taken by something that is no replica of this service is passed over. */
async function grow(scaling: Scaling, to: number): Promise<Failure | undefined> {
  const taken = new Set<number>();
  for (let conflicts = 0; conflicts < maxConflicts; ) {
    scaling.options.signal?.throwIfAborted();
    const replicas = await look(scaling);
    if (!Array.isArray(replicas)) return replicas;
    const stopped = replicas.find(({ State }) => State.Status === 'exited');
    if (!stopped && replicas.length >= to) return undefined;
    if (stopped) {
      const problem = await startReplica(scaling.acting, stopped, scaling.options);
      if (problem) return problem;
      scaling.done.push(`started ${nameOf(stopped)}`);
      continue;
    }
    const outcome = await addReplica(scaling.acting, replicas, taken, scaling.options);
    if (outcome === 'name_taken') conflicts += 1;
    else if ('code' in outcome) return outcome;
    else {
      scaling.known.add(outcome.id);
      scaling.done.push(`added ${outcome.name}`);
    }
  }
  const message = `The names of new replicas of ${scaling.service} are taken: somebody else is scaling it.`;
  return failure('conflict', message, true);
}

async function shrink(scaling: Scaling, to: number): Promise<Failure | undefined> {
  for (;;) {
    scaling.options.signal?.throwIfAborted();
    const replicas = await look(scaling);
    if (!Array.isArray(replicas)) return replicas;
    if (replicas.length <= to) return undefined;
    const last = lastClone(replicas);
    if (!last) return failure('conflict', `The other replicas of ${scaling.service} were not added by the bot.`);
    const problem = await removeReplica(scaling.acting, last, scaling.options);
    if (problem) return problem;
    scaling.known.delete(last.Id);
    scaling.done.push(`removed ${nameOf(last)}`);
  }
}

const lastClone = (replicas: readonly ContainerInspect[]): ContainerInspect | undefined =>
  replicas
    .filter(({ Config }) => isClone(Config.Labels))
    .reduce<ContainerInspect | undefined>(
      (last, one) => (last && numberOf(last) > numberOf(one) ? last : one),
      undefined,
    );

const numberOf = ({ Config }: ContainerInspect): number => replicaNumber(Config.Labels);

const tell = (problem: Failure, { done }: Scaling): Failure =>
  done.length === 0 ? problem : { ...problem, message: `${problem.message} Done before: ${done.join(', ')}.` };

/** Those that we know: what others did to the service after our last step is not ours to report. */
async function describe({ acting, service, known }: Scaling): Promise<ActionResult> {
  const found = await findTarget(acting.engine, acting.scope, service);
  if ('refusal' in found) return failure(found.refusal.code, found.refusal.message, true);
  const replicas = found.replicas.filter(({ Id }) => known.has(Id));
  const affected = replicas.map((one) => ({ id: one.Id, name: nameOf(one), startedAt: one.State.StartedAt }));
  return { ok: true, replicas: affected };
}
