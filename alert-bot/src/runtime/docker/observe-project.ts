import type { Observation, ObservedService, Replica } from '../runtime.ts';
import { nameOf } from './clone-container.ts';
import { isOptedIn, replicaNumber, serviceOf } from './compose-labels.ts';
import { decideStoppedBy, type StopWitnesses } from './decide-stopped-by.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { ContainerInspect, ContainerSummary } from './engine-types.ts';
import { findChange } from './find-change.ts';
import { inspectAll } from './inspect-all.ts';
import { isHalfMade, listReplicas, type ProjectScope } from './project-scope.ts';
import { findProtection, isServiceOptedIn } from './protection.ts';
import { createReplicaWords, type ReplicaWords } from './replica-words.ts';

export interface Observer {
  engine: DockerEngine;
  scope: ProjectScope;
  witnesses: StopWitnesses;
  now: () => number;
}

const states = new Set<string>(['running', 'restarting', 'paused', 'exited', 'dead', 'created', 'removing']);

/** Every service of the project with its replicas as they are now. One that vanishes while we look is not there. */
export async function observeProject(
  { engine, scope, witnesses, now }: Observer,
  signal?: AbortSignal,
): Promise<Observation> {
  const found = await listReplicas(engine, scope);
  signal?.throwIfAborted();
  const whole = [...found.values()].flat().filter((container) => !isHalfMade(container));
  const seen = await inspectAll(engine, whole, signal);
  const words = createReplicaWords(scope.project, [...seen.values()], scope.scrapeNetwork);
  const describe = (service: string, listed: ContainerSummary[]): ObservedService => {
    const containers = listed.flatMap(({ Id }) => seen.get(Id) ?? []);
    const changing = findChange(containers, witnesses);
    return {
      optedIn: isServiceOptedIn(listed),
      protected: findProtection(scope, service, listed, containers) !== undefined,
      ...(changing !== undefined && { changing }),
      replicas: containers
        .filter(({ State }) => states.has(State.Status))
        .map((container) => toReplica(container, words, witnesses)),
    };
  };
  const services = [...found].map(([service, listed]) => [service, describe(service, listed)] as const);
  return { project: scope.project, observedAt: now(), services: new Map(services) };
}

function toReplica(seen: ContainerInspect, words: ReplicaWords, witnesses: StopWitnesses): Replica {
  const { State } = seen;
  const { Labels } = seen.Config;
  const finishedAt = isTime(State.FinishedAt) && !runs(seen) ? State.FinishedAt : undefined;
  return {
    id: seen.Id,
    name: nameOf(seen),
    service: serviceOf(Labels),
    number: replicaNumber(Labels),
    state: State.Status as Replica['state'],
    health: (State.Health?.Status || 'none') as Replica['health'],
    ...(isTime(seen.Created) && { createdAt: seen.Created }),
    startedAt: State.StartedAt,
    ...(finishedAt !== undefined && { finishedAt }),
    ...(hasEnded(seen) && { exitCode: State.ExitCode }),
    ...(State.Status === 'exited' && { stoppedBy: decideStoppedBy(seen, witnesses) }),
    restartCount: seen.RestartCount,
    addresses: words.addressesOf(seen),
    names: words.namesOf(seen),
    optedIn: isOptedIn(Labels),
  };
}

const runs = ({ State }: ContainerInspect): boolean => State.Status === 'running' || State.Status === 'paused';

const hasEnded = (seen: ContainerInspect): boolean => !runs(seen) && seen.State.Status !== 'created';

/** The engine's zero time is in the year 1. */
function isTime(time: string | undefined): time is string {
  return time !== undefined && Date.parse(time) > 0;
}
