import type { ContainerInspect } from './engine-types.ts';
import type { OwnEndings } from './own-endings.ts';
import type { StopTestimony } from './stop-testimony.ts';

export interface StopWitnesses {
  events: Pick<StopTestimony, 'whoStopped' | 'isStopping'>;
  own: OwnEndings;
}

/** Codes of a program that was asked to end and did so: in order, by SIGINT, by SIGTERM. */
const orderlyExits = [0, 130, 143];

/**
 * Who ended an exited container. In this order: the engine could not start it (then somebody wants it to run), our own call,
 * the engine's events, what we saw while we waited, and at last what the restart policy leaves possible.
 */
export function decideStoppedBy(container: ContainerInspect, { events, own }: StopWitnesses): 'person' | 'itself' {
  if (container.State.Error || own.didStop(container)) return 'itself';
  const told = events.whoStopped(container);
  if (told !== 'unknown') return told;
  return own.sawFail(container) ? 'itself' : guessStoppedBy(container);
}

/**
 * Without any witness. Docker starts a container under `always` and `unless-stopped` again unless somebody stopped or killed it;
 * which of the two it was cannot be known, so it is left alone.
 */
function guessStoppedBy({ HostConfig, State }: ContainerInspect): 'person' | 'itself' {
  const policy = HostConfig.RestartPolicy?.Name ?? 'no';
  if (policy === 'always' || policy === 'unless-stopped') return 'person';
  return orderlyExits.includes(State.ExitCode) ? 'person' : 'itself';
}
