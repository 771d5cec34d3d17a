import type { ActionOptions } from '../runtime.ts';
import { type Acting, engineFailure, type Failure, stopGraceMs } from './acting.ts';
import { nameOf } from './clone-container.ts';
import { hasStatus, tolerate } from './engine-error.ts';

/** Stops a replica with its own grace and removes it with its anonymous volumes. Gone already is fine. */
export async function removeReplica(
  { engine }: Acting,
  id: string,
  options: ActionOptions,
): Promise<Failure | undefined> {
  try {
    const seen = await engine.inspect(id);
    options.onStep?.({ step: 'stopping', replica: nameOf(seen) });
    await tolerate(engine.stop(id, stopGraceMs(seen)), 304, 404);
    await tolerate(engine.remove(id, { force: false }), 404, 409); // 409: its removal is under way
    options.onStep?.({ step: 'removed', replica: nameOf(seen) });
    return undefined;
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    return engineFailure(error, `to remove ${id.slice(0, 12)}`);
  }
}
