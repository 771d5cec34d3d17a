import type { ActionOptions, ActionResult, ScaleChange } from '@stack/alert-bot/src/runtime/runtime.ts';
import { affected, bringUp, type Failure, failure } from './bring-up.ts';
import type { LocalReplica, ReplicaGroup } from './replica-group.ts';

/**
 * Adds healthy replicas with the lowest free numbers, or removes those with the highest. One that does not become healthy is
 * removed again. Nobody else adds or removes processes, so a number that is neither `from` nor on the way to `to` is a
 * caller's mistake.
 */
export async function scaleGroup(
  group: ReplicaGroup,
  { from, to }: ScaleChange,
  options: ActionOptions,
  onChanged: () => Promise<void> | void,
): Promise<ActionResult> {
  const count = group.replicas.length;
  if (count < Math.min(from, to) || count > Math.max(from, to))
    return failure('conflict', `${group.service} has ${count} replicas, neither ${from} nor ${to}. Nothing was done.`);
  if (group.notScalable !== undefined && to !== group.replicas.length)
    return failure('not_scalable', `${group.service} ${group.notScalable}, so there can only be one.`);
  while (group.replicas.length < to) {
    options.signal?.throwIfAborted();
    const problem = await addReplica(group, options, onChanged);
    if (problem) return problem;
  }
  while (group.replicas.length > to) {
    options.signal?.throwIfAborted();
    const [last] = group.replicas.slice(-1) as [LocalReplica];
    options.onStep?.({ step: 'removing', replica: last.name });
    await removeReplica(group, last, onChanged);
    options.onStep?.({ step: 'removed', replica: last.name });
  }
  return { ok: true, replicas: group.replicas.map(affected) };
}

async function addReplica(
  group: ReplicaGroup,
  options: ActionOptions,
  onChanged: () => Promise<void> | void,
): Promise<Failure | undefined> {
  const replica = await group.create(freeNumber(group));
  options.onStep?.({ step: 'created', replica: replica.name });
  group.replicas = [...group.replicas, replica].sort((a, b) => a.number - b.number);
  const problem = await bringUp(replica, options).catch(async (error) => {
    await removeReplica(group, replica, onChanged);
    throw error;
  });
  if (problem) await removeReplica(group, replica, onChanged);
  else await onChanged();
  return problem;
}

async function removeReplica(group: ReplicaGroup, replica: LocalReplica, onChanged: () => Promise<void> | void) {
  group.replicas = group.replicas.filter(({ id }) => id !== replica.id);
  await onChanged(); // first, so that Prometheus does not see a target that is down
  await replica.process.stop();
}

function freeNumber({ replicas }: ReplicaGroup): number {
  const taken = new Set(replicas.map(({ number }) => number));
  for (let number = 1; ; number += 1) if (!taken.has(number)) return number;
}
