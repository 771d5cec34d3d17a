import type { NamedTarget } from '../../targets/target-name.ts';
import { labelOf, labels } from './compose-labels.ts';
import type { ContainerInspect } from './engine-types.ts';

/** A container with the target that it belongs to. */
export interface Neighbour {
  name: NamedTarget;
  container: ContainerInspect;
}

/** A restarted container, as a network mode may name it. */
export interface Restarted {
  id: string;
  name: string;
}

/** What a restart takes with it: containers that lose their network, and services that asked to be restarted too. */
export interface Dependents {
  /** They live in the network namespace of a restarted container, which is a new one now. They may be of another project. */
  cutOff: Neighbour[];
  /** Texts of targets of the same project with `depends_on: { x: { restart: true } }`. */
  followers: string[];
}

/** Only what runs: a container that stands still gets the new namespace when it is started. */
export function findDependents(
  parent: NamedTarget,
  restarted: readonly Restarted[],
  neighbours: readonly Neighbour[],
): Dependents {
  const running = neighbours.filter(({ name, container }) => container.State.Running && name.target !== parent.target);
  const cutOff = running.filter((one) => sharesNetworkOf(one, parent, restarted));
  const followers = running.filter((one) => !cutOff.includes(one) && follows(one, parent));
  return { cutOff, followers: [...new Set(followers.map(({ name }) => name.target))] };
}

/** Compose writes the id of the container; the engine takes a name or a short id too. */
function sharesNetworkOf(
  { name, container }: Neighbour,
  parent: NamedTarget,
  restarted: readonly Restarted[],
): boolean {
  const mode = container.HostConfig.NetworkMode ?? '';
  if (mode === `service:${parent.service}`) return name.project === parent.project;
  const owner = /^container:(.+)$/.exec(mode)?.[1];
  return owner !== undefined && restarted.some((one) => isCalled(one, owner));
}

const isCalled = ({ id, name }: Restarted, owner: string): boolean =>
  id === owner || name === owner || (owner.length >= 12 && id.startsWith(owner));

/** The label is a list of `service:condition:restart`, all of them of the same project. */
function follows({ name, container: { Config } }: Neighbour, parent: NamedTarget): boolean {
  const dependsOn = labelOf(Config.Labels, labels.dependsOn) ?? '';
  if (name.project !== parent.project) return false;
  return dependsOn.split(',').some((entry) => {
    const [service, , restart] = entry.split(':');
    return service === parent.service && restart === 'true';
  });
}
