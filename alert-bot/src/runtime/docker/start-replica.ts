import type { ActionOptions } from '../runtime.ts';
import { type Acting, engineFailure, type Failure, failure, waitFor } from './acting.ts';
import { nameOf } from './clone-container.ts';
import { hasStatus, tolerate } from './engine-error.ts';
import type { ContainerInspect } from './engine-types.ts';

/** Starts a replica that had ended on its own and waits until it is healthy. */
export async function startReplica(
  acting: Acting,
  stopped: ContainerInspect,
  options: ActionOptions,
): Promise<Failure | undefined> {
  const name = nameOf(stopped);
  options.onStep?.({ step: 'starting', replica: name });
  try {
    await tolerate(acting.engine.start(stopped.Id), 304);
    const verdict = await waitFor(acting, stopped.Id, options);
    return verdict.healthy ? undefined : failure(verdict.code, `${name} was started, but ${verdict.message}.`, true);
  } catch (error) {
    if (hasStatus(error, 404)) return failure('conflict', `Somebody removed ${name} meanwhile.`, true);
    return engineFailure(error, `to start ${name}`);
  }
}
