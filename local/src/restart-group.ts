import type { ActionOptions, ActionResult, AffectedReplica } from '@stack/alert-bot/src/runtime/runtime.ts';
import { affected, bringUp, failure } from './bring-up.ts';
import type { ReplicaGroup } from './replica-group.ts';

/** One at a time, lowest number first, each healthy before the next; the first that does not come back ends it. */
export async function restartGroup(
  group: ReplicaGroup,
  only: string | undefined,
  options: ActionOptions,
): Promise<ActionResult> {
  const chosen = group.replicas.filter(({ id }) => only === undefined || id === only);
  if (chosen.length === 0)
    return failure('target_missing', `The service ${group.service} has no replica ${only?.slice(0, 12)} any more.`);
  const done: AffectedReplica[] = [];
  for (const replica of chosen) {
    options.signal?.throwIfAborted();
    const previousStartedAt = replica.process.status().startedAt;
    options.onStep?.({ step: 'restarting', replica: replica.name });
    await replica.process.stop();
    const problem = await bringUp(replica, options);
    if (problem)
      return { ...problem, message: `${problem.message} Restarted before: ${done.length} of ${chosen.length}.` };
    done.push({ ...affected(replica), previousStartedAt });
  }
  return { ok: true, replicas: done };
}
