import { isGeneratedName, nameOf } from './clone-container.ts';
import { labels, replicaNumber } from './compose-labels.ts';
import type { StopWitnesses } from './decide-stopped-by.ts';
import type { ContainerInspect } from './engine-types.ts';

/** The name that compose gives the new container of a recreate until the old one is gone. */
const temporaryName = /^[0-9a-f]{12}_(.+)$/;

/**
 * What somebody else is doing to the containers of a service at this moment, in words; undefined when it looks settled. Our own
 * half-made clones are not among `containers`.
 */
export function findChange(
  containers: readonly ContainerInspect[],
  { events, own }: StopWitnesses,
): string | undefined {
  for (const container of containers) {
    const seen = changeOf(container);
    if (seen) return `${nameOf(container)} ${seen}`;
    if (events.isStopping(container) && !own.isActing(container.Id) && container.State.Running)
      return `${nameOf(container)} is being stopped`;
  }
  return findTwins(containers);
}

function changeOf(container: ContainerInspect): string | undefined {
  const { Status } = container.State;
  if (Status === 'created') return 'was created and never started';
  if (Status === 'removing') return 'is being removed';
  if (Status === 'dead') return 'is dead: the engine could not remove it';
  return isReplacement(container) ? 'is being recreated by compose' : undefined;
}

function isReplacement(container: ContainerInspect): boolean {
  const later = temporaryName.exec(nameOf(container))?.[1];
  if (later === undefined) return false;
  return Object.hasOwn(container.Config.Labels, labels.replace) || isGeneratedName(later, container.Config.Labels);
}

/** Compose makes the new container before it removes the old one. */
function findTwins(containers: readonly ContainerInspect[]): string | undefined {
  const byNumber = new Map<number, ContainerInspect>();
  for (const container of containers) {
    const number = replicaNumber(container.Config.Labels);
    if (number === 0) continue;
    const twin = byNumber.get(number);
    if (twin) return `${nameOf(twin)} and ${nameOf(container)} both carry the number ${number}`;
    byNumber.set(number, container);
  }
  return undefined;
}
