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
  /** They name a container by an id that is not listed: where it was recreated, only compose can make them again. */
  stranded: { container: ContainerInspect; owner: string }[];
}

/**
 * What runs, and what died with its parent: it is an orphan that nothing else starts again. Another container that stands still
 * gets the new namespace when it is started.
 */
export function findDependents(
  parent: NamedTarget,
  restarted: readonly Restarted[],
  neighbours: readonly Neighbour[],
): Dependents {
  const running = neighbours.filter(({ name, container }) => container.State.Running && name.target !== parent.target);
  const orphans = neighbours.filter(({ name, container }) => isOrphan(container) && name.target !== parent.target);
  const cutOff = [...running, ...orphans].filter((one) => sharesNetworkOf(one, parent, restarted));
  const stranded = [...running, ...orphans].flatMap((one) => {
    const owner = ownerOf(one.container) ?? '';
    const isListed = neighbours.some(({ container }) => container.Id === owner);
    if (cutOff.includes(one) || isListed || !/^[0-9a-f]{64}$/.test(owner)) return [];
    return dependsOn(one, parent).length > 0 ? [{ container: one.container, owner }] : [];
  });
  const isStranded = ({ container }: Neighbour) => stranded.some((one) => one.container === container);
  const followers = running.filter((one) => !cutOff.includes(one) && !isStranded(one) && follows(one, parent));
  return { cutOff, followers: [...new Set(inOrder(followers).map(({ name }) => name.target))], stranded };
}

/** Each after those that it follows itself; where they follow each other, as they are listed. */
function inOrder(followers: readonly Neighbour[]): Neighbour[] {
  const rest = [...followers];
  const ordered: Neighbour[] = [];
  while (rest.length > 0) {
    const free = rest.findIndex((one) => !rest.some((other) => other !== one && follows(one, other.name)));
    ordered.push(...rest.splice(Math.max(0, free), 1));
  }
  return ordered;
}

/** The engine could not start it because the container whose network it lives in did not run. */
const isOrphan = ({ State }: ContainerInspect): boolean =>
  State.Status === 'exited' &&
  (State.ExitCode === 128 || /join\w* (?:the )?network|non.running container/i.test(State.Error ?? ''));

const ownerOf = ({ HostConfig }: ContainerInspect): string | undefined =>
  /^container:(.+)$/.exec(HostConfig.NetworkMode ?? '')?.[1];

/** Compose writes the id of the container; the engine takes a name or a short id too. */
function sharesNetworkOf(
  { name, container }: Neighbour,
  parent: NamedTarget,
  restarted: readonly Restarted[],
): boolean {
  const mode = container.HostConfig.NetworkMode ?? '';
  if (mode === `service:${parent.service}`) return name.project === parent.project;
  const owner = ownerOf(container);
  return owner !== undefined && restarted.some((one) => isCalled(one, owner));
}

const isCalled = ({ id, name }: Restarted, owner: string): boolean =>
  id === owner || name === owner || (owner.length >= 12 && id.startsWith(owner));

/** The label is a list of `service:condition:restart`, all of them of the same project. */
function dependsOn({ name, container: { Config } }: Neighbour, parent: NamedTarget): string[][] {
  if (name.project !== parent.project) return [];
  const entries = (labelOf(Config.Labels, labels.dependsOn) ?? '').split(',').map((entry) => entry.split(':'));
  return entries.filter(([service]) => service === parent.service);
}

const follows = (one: Neighbour, parent: NamedTarget): boolean =>
  dependsOn(one, parent).some(([, , restart]) => restart === 'true');
