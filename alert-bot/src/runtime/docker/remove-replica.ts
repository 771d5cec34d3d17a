import type { ActionOptions } from '../runtime.ts';
import { type Acting, engineFailure, type Failure, failure, stopGraceMs } from './acting.ts';
import { nameOf } from './clone-container.ts';
import { tolerate } from './engine-error.ts';
import type { ContainerInspect } from './engine-types.ts';
import { inspectUnlessGone } from './inspect-all.ts';

/** How long the engine may take to end a removal that is under way. */
const removalMs = 10_000;

/** Stops a replica with its own grace and removes it with its anonymous volumes. Gone already is fine. */
export async function removeReplica(
  acting: Acting,
  seen: ContainerInspect,
  options: ActionOptions,
): Promise<Failure | undefined> {
  const { engine, witnesses } = acting;
  const { Id: id } = seen;
  witnesses.own.begin(id);
  try {
    options.onStep?.({ step: 'stopping', replica: nameOf(seen) });
    await tolerate(engine.stop(id, stopGraceMs(seen)), 304, 404);
    witnesses.own.noteStopped(seen);
    await tolerate(engine.remove(id, { force: false }), 404, 409); // 409: its removal is under way
    if (!(await isGone(acting, id))) return failure('engine_error', `${nameOf(seen)} could not be removed.`, true);
    options.onStep?.({ step: 'removed', replica: nameOf(seen) });
    return undefined;
  } catch (error) {
    return engineFailure(error, `to remove ${nameOf(seen)}`);
  } finally {
    witnesses.own.end(id);
  }
}

async function isGone({ engine, clock, pollMs }: Acting, id: string): Promise<boolean> {
  for (const deadline = clock.now() + removalMs; clock.now() < deadline; await clock.sleep(pollMs))
    if (!(await inspectUnlessGone(engine, id))) return true;
  return false;
}
