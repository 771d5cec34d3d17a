import { labelOf, labels, serviceOf } from './compose-labels.ts';
import type { ContainerInspect } from './engine-types.ts';

/** What a restart takes with it: containers that lose their network, and services that asked to be restarted too. */
export interface Dependents {
  /** They live in the network namespace of a restarted container, which is a new one now. */
  cutOff: ContainerInspect[];
  /** Names of services with `depends_on: { x: { restart: true } }`. */
  followers: string[];
}

/** Only what runs: a container that stands still gets the new namespace when it is started. */
export function findDependents(
  service: string,
  restartedIds: readonly string[],
  project: readonly ContainerInspect[],
): Dependents {
  const running = project.filter(({ State, Config }) => State.Running && serviceOf(Config.Labels) !== service);
  const cutOff = running.filter(({ HostConfig }) =>
    sharesNetworkOf(HostConfig.NetworkMode ?? '', service, restartedIds),
  );
  const followers = running.filter((one) => !cutOff.includes(one) && follows(one, service));
  return { cutOff, followers: [...new Set(followers.map(({ Config }) => serviceOf(Config.Labels)))] };
}

/** Compose writes the id of the container; the engine takes a name or a short id too. */
function sharesNetworkOf(mode: string, service: string, ids: readonly string[]): boolean {
  if (mode === `service:${service}`) return true;
  const owner = /^container:(.+)$/.exec(mode)?.[1];
  return owner !== undefined && ids.some((id) => id === owner || (owner.length >= 12 && id.startsWith(owner)));
}

/** The label is a list of `service:condition:restart`. */
function follows({ Config }: ContainerInspect, service: string): boolean {
  const dependsOn = labelOf(Config.Labels, labels.dependsOn) ?? '';
  return dependsOn.split(',').some((entry) => {
    const [name, , restart] = entry.split(':');
    return name === service && restart === 'true';
  });
}
