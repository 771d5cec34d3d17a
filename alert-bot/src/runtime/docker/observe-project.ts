import type { Observation, ObservedService, Replica } from '../runtime.ts';
import { nameOf } from './clone-container.ts';
import { isOptedIn, replicaNumber, serviceOf } from './compose-labels.ts';
import type { DockerEngine } from './docker-engine.ts';
import { hasStatus } from './engine-error.ts';
import type { ContainerInspect, ContainerSummary } from './engine-types.ts';
import { isHalfMade, isServiceOptedIn, isServiceProtected, listReplicas, type ProjectScope } from './project-scope.ts';

const states = new Set<string>(['running', 'restarting', 'paused', 'exited', 'dead', 'created']);

/** Every service of the project with its replicas as they are now. One that vanishes while we look is not there. */
export async function observeProject(
  engine: DockerEngine,
  scope: ProjectScope,
  now: () => number,
  signal?: AbortSignal,
): Promise<Observation> {
  const found = await listReplicas(engine, scope);
  signal?.throwIfAborted();
  const services = await Promise.all(
    [...found].map(async ([service, containers]): Promise<[string, ObservedService]> => {
      const whole = containers.filter((container) => !isHalfMade(container));
      const optedIn = isServiceOptedIn(containers);
      const isProtected = isServiceProtected(scope, service, containers);
      return [service, { optedIn, protected: isProtected, replicas: await inspectReplicas(engine, whole) }];
    }),
  );
  return { project: scope.project, observedAt: now(), services: new Map(services) };
}

async function inspectReplicas(engine: DockerEngine, containers: ContainerSummary[]): Promise<Replica[]> {
  const seen = await Promise.all(containers.map(({ Id }) => inspectUnlessGone(engine, Id)));
  // `removing` is on its way out
  return seen
    .filter((one) => one !== undefined && states.has(one.State.Status))
    .map((one) => toReplica(one as ContainerInspect));
}

async function inspectUnlessGone(engine: DockerEngine, id: string): Promise<ContainerInspect | undefined> {
  try {
    return await engine.inspect(id);
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

function toReplica(seen: ContainerInspect): Replica {
  const { Labels } = seen.Config;
  const endpoints = Object.values(seen.NetworkSettings.Networks ?? {});
  const addresses = endpoints.flatMap(({ IPAddress, GlobalIPv6Address }) => [IPAddress, GlobalIPv6Address]);
  return {
    id: seen.Id,
    name: nameOf(seen),
    service: serviceOf(Labels),
    number: replicaNumber(Labels),
    state: seen.State.Status as Replica['state'],
    health: (seen.State.Health?.Status || 'none') as Replica['health'],
    startedAt: seen.State.StartedAt,
    restartCount: seen.RestartCount,
    addresses: addresses.filter((address) => address !== undefined && address !== '') as string[],
    optedIn: isOptedIn(Labels),
  };
}
