import type { ActionOptions, AffectedReplica } from '../runtime.ts';
import { type Acting, type Failure, failure } from './acting.ts';
import { awaitSuccessor, successorMs, toKnownReplica } from './await-successor.ts';
import { nameOf } from './clone-container.ts';
import type { ContainerInspect } from './engine-types.ts';
import { findChange } from './find-change.ts';
import { findTarget } from './find-target.ts';

/**
 * It did not become healthy because somebody else stopped, replaced or removed it while we waited: that is no failure of the
 * restart. Its successor is waited for, as after a restart that came too late.
 */
export async function findInterference(
  acting: Acting,
  service: string,
  before: ContainerInspect,
  options: ActionOptions,
): Promise<AffectedReplica | Failure | undefined> {
  const { engine, scope, witnesses } = acting;
  const found = await findTarget(engine, scope, service);
  const replicas = 'refusal' in found ? [] : found.replicas;
  const now = replicas.find(({ Id }) => Id === before.Id);
  const changing = findChange(replicas, witnesses);
  const isStopped = now?.State.Status === 'exited' && wasStopped(now, acting);
  if (now && !isStopped && !changing) return undefined;
  const known = { ...toKnownReplica(before), startedAt: now?.State.StartedAt ?? before.State.StartedAt };
  const successor = await awaitSuccessor(acting, service, known, options, successorMs);
  if (successor) return 'code' in successor ? successor : { ...successor, previousStartedAt: before.State.StartedAt };
  if (changing)
    return failure('changing', `Somebody else is changing the containers of ${service}: ${changing}.`, true);
  if (isStopped)
    return failure('held_by_person', `${nameOf(before)} was stopped by a person before it was healthy.`, true);
  return undefined;
}

/** By the events only: a guess is not enough to call a program that ends at once well. The end may be seen before it is heard. */
const wasStopped = (container: ContainerInspect, { witnesses: { events } }: Acting): boolean =>
  events.whoStopped(container) === 'person' || events.isStopping(container);
