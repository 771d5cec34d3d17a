import type { ActionFailureCode, ActionOptions } from '../runtime.ts';
import { nameOf } from './clone-container.ts';
import { decideStoppedBy, type StopWitnesses } from './decide-stopped-by.ts';
import type { ContainerInspect } from './engine-types.ts';
import { findChange } from './find-change.ts';

export interface Hold {
  code: Extract<ActionFailureCode, 'held_by_person' | 'changing'>;
  message: string;
}

/**
 * Why nothing may be done to a service at this moment although it opted in. Looked at right before every step, because what was
 * decided on may be seconds old.
 * @param all every replica of the service
 * @param chosen those that the action would touch
 */
export function findHold(
  all: readonly ContainerInspect[],
  chosen: readonly ContainerInspect[],
  witnesses: StopWitnesses,
  { includeHeld = false }: Pick<ActionOptions, 'includeHeld'>,
): Hold | undefined {
  const held = includeHeld ? undefined : chosen.find((container) => isHeld(container, witnesses));
  const changing = findChange(all, witnesses);
  if (changing)
    return { code: 'changing', message: `Somebody else is changing the containers of this service: ${changing}.` };
  if (!held) return undefined;
  const how = held.State.Status === 'paused' ? 'paused' : 'stopped';
  return { code: 'held_by_person', message: `${nameOf(held)} was ${how} by a person, so it is left alone.` };
}

function isHeld(container: ContainerInspect, witnesses: StopWitnesses): boolean {
  const { Status } = container.State;
  return Status === 'paused' || (Status === 'exited' && decideStoppedBy(container, witnesses) === 'person');
}
