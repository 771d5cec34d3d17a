import { readWords } from '../container-words.ts';
import type { Observation, ObservedService, Replica } from '../runtime.ts';
import { nameOf } from './clone-container.ts';
import { numberOf } from './container-target.ts';
import { decideStoppedBy, type StopWitnesses } from './decide-stopped-by.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { ContainerInspect } from './engine-types.ts';
import { findBackup } from './find-backup.ts';
import { findChange } from './find-change.ts';
import { isPrometheusImage } from './image-role.ts';
import { isOptedIn } from './opt-in.ts';
import type { OtherBots } from './other-bots.ts';
import {
  groupTargets,
  isHalfMade,
  type ListedTarget,
  listContainers,
  onlyProject,
  type ProjectScope,
} from './project-scope.ts';
import { findProtection, isServiceOptedIn } from './protection.ts';
import type { RecentChanges } from './recent-changes.ts';
import type { RememberedInspections } from './remembered-inspections.ts';
import { createReplicaWords, type ReplicaWords } from './replica-words.ts';

export interface Observer {
  engine: DockerEngine;
  inspections: Pick<RememberedInspections, 'inspect' | 'isTouched'>;
  scope: ProjectScope;
  witnesses: StopWitnesses;
  changes: Pick<RecentChanges, 'of'>;
  /** Absent: it does not stand back for other bots. */
  otherBots?: OtherBots | undefined;
  now: () => number;
}

const states = new Set<string>(['running', 'restarting', 'paused', 'exited', 'dead', 'created', 'removing']);

/** Every target of the scope with its replicas as they are now. One that vanishes while we look is not there. */
export async function observeProject(
  { engine, inspections, scope, witnesses, changes, otherBots, now }: Observer,
  signal?: AbortSignal,
): Promise<Observation> {
  const all = await listContainers(engine, scope);
  const targets = groupTargets(all, scope);
  signal?.throwIfAborted();
  const whole = [...targets.values()].flatMap(({ listed }) => listed).filter((container) => !isHalfMade(container));
  // where Prometheus is tells which addresses it can mean, also when nobody may touch it
  const scrapers = onlyProject(scope) === undefined ? all.filter(({ Image }) => isPrometheusImage(Image ?? '')) : [];
  const touched = new Set(
    [...targets].flatMap(([text, { listed }]) => (inspections.isTouched(text) ? listed.map(({ Id }) => Id) : [])),
  );
  const seen = await inspections.inspect([...new Set([...whole, ...scrapers])], (id) => touched.has(id), signal);
  const words = createReplicaWords(scope.home, [...seen.values()], scope.scrapeNetwork);
  const backupOf = await findBackup(engine, whole);
  const actorOf = await otherBots?.look(scope, all);
  const describe = ({ listed, ...name }: ListedTarget): ObservedService => {
    const containers = listed.flatMap(({ Id }) => seen.get(Id) ?? []);
    const changing = findChange(containers, witnesses) ?? changes.of(name) ?? backupOf(listed);
    const actedOnBy = actorOf?.({ ...name, listed });
    return {
      project: name.project,
      service: name.service,
      optedIn: isServiceOptedIn(scope, name, listed),
      protected: findProtection(scope, name, listed, containers) !== undefined,
      ...(changing !== undefined && { changing }),
      ...(actedOnBy !== undefined && { actedOnBy }),
      replicas: containers
        .filter(({ State }) => states.has(State.Status))
        .map((container) => toReplica(container, name.service, { scope, words, witnesses })),
    };
  };
  const services = [...targets].map(([text, target]) => [text, describe(target)] as const);
  const { home: project, projects } = scope;
  return { project, projects, observedAt: now(), services: new Map(services) };
}

interface Eyes extends Pick<Observer, 'scope' | 'witnesses'> {
  words: ReplicaWords;
}

function toReplica(seen: ContainerInspect, service: string, { scope, words, witnesses }: Eyes): Replica {
  const { State } = seen;
  const { Labels } = seen.Config;
  const { words: said } = readWords(Labels);
  const finishedAt = isTime(State.FinishedAt) && !runs(seen) ? State.FinishedAt : undefined;
  return {
    id: seen.Id,
    name: nameOf(seen),
    service,
    number: numberOf(seen),
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
    optedIn: isOptedIn(Labels, service, scope),
    ...(Object.keys(said).length > 0 && { words: said }),
  };
}

const runs = ({ State }: ContainerInspect): boolean => State.Status === 'running' || State.Status === 'paused';

const hasEnded = (seen: ContainerInspect): boolean => !runs(seen) && seen.State.Status !== 'created';

/** The engine's zero time is in the year 1. */
function isTime(time: string | undefined): time is string {
  return time !== undefined && Date.parse(time) > 0;
}
