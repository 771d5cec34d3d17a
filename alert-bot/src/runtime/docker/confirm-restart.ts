import { type ActionOptions, RuntimeUnavailable } from '../runtime.ts';
import type { Acting } from './acting.ts';
import { nameOf } from './clone-container.ts';
import { EngineUnreachable } from './engine-error.ts';
import type { ContainerInspect } from './engine-types.ts';

/** The engine has not carried the restart out, as far as can be seen. */
export class Unconfirmed extends Error {}

/**
 * The connection broke while the engine was restarting. The engine goes on without us (moby: the sequence is detached from the
 * request), so asking again could restart twice: look for the new start time instead.
 */
export async function confirmRestart(
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
