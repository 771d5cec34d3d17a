import type { NamedTarget } from '../../targets/target-name.ts';
import { isClone, replicaNumber } from './compose-labels.ts';
import { targetOfSummary } from './container-target.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { ContainerSummary } from './engine-types.ts';
import { isOptedIn, type OptIn } from './opt-in.ts';

/** What the adapter may touch: the targets of some projects, without what keeps the repair itself going. */
export interface ProjectScope extends OptIn {
  /** The project that a bare service belongs to; `-` for a bot outside of compose. */
  home: string;
  /** Where else it may act; `*` is wherever a container opted in. */
  projects: readonly string[];
  /** Compose services of the home project that are never touched, whatever their labels say. */
  protectedServices: readonly string[];
  /** The container that this process lives in; undefined when it lives in none. */
  ownContainerId: string | undefined;
  /** Its image's id and its command: what runs the same is another part of the bot. */
  ownImageId: string | undefined;
  ownCommand: readonly string[] | undefined;
  /** The network that Prometheus scrapes; found by Prometheus' own container when unset. */
  scrapeNetwork: string | undefined;
}

/** A target and its containers as the engine's list has them, in the order of their numbers. */
export interface ListedTarget extends NamedTarget {
  listed: ContainerSummary[];
}

/** The one compose project that is enough to ask for; undefined when it takes the whole list. */
export const onlyProject = ({ home, projects }: ProjectScope): string | undefined =>
  projects.every((project) => project === home) && home !== '-' ? home : undefined;

/** Whether the bot may act in the project at all. */
export const isInScope = ({ home, projects }: ProjectScope, project: string): boolean =>
  project === home || projects.includes(project) || projects.includes('*');

/** The project is there by its own name, and not because everything is. */
export const isNamed = ({ home, projects }: ProjectScope, project: string): boolean =>
  project === home || projects.includes(project);

/** Every container that the scope may have something to do with, and perhaps others. */
export const listContainers = (engine: DockerEngine, scope: ProjectScope): Promise<ContainerSummary[]> =>
  engine.listContainers(onlyProject(scope));

/**
 * The targets of the scope among `containers`, by their texts. A filter of the engine is a request and no guarantee, so each
 * container is looked at. Where only `*` lets a project in, a target without an opted-in container is left out.
 */
export function groupTargets(containers: readonly ContainerSummary[], scope: ProjectScope): Map<string, ListedTarget> {
  const targets = allTargets(containers, scope);
  for (const [text, { project, service, listed }] of targets) {
    const isWanted = isNamed(scope, project) || listed.some(({ Labels }) => isOptedIn(Labels, service, scope));
    if (!isInScope(scope, project) || !isWanted) targets.delete(text);
  }
  return targets;
}

/** The same for all projects of the engine. */
export function allTargets(
  containers: readonly ContainerSummary[],
  { home }: Pick<ProjectScope, 'home'>,
): Map<string, ListedTarget> {
  const targets = new Map<string, ListedTarget>();
  for (const container of containers) {
    const name = targetOfSummary(container, home);
    if (!name) continue;
    const known = targets.get(name.target);
    if (known) known.listed.push(container);
    else targets.set(name.target, { ...name, listed: [container] });
  }
  for (const { listed } of targets.values())
    listed.sort((a, b) => replicaNumber(a.Labels) - replicaNumber(b.Labels) || a.Id.localeCompare(b.Id));
  return targets;
}

/**
 * A clone of ours that was created and never started, because a bot died half-way. It may lack a network or a secret, so it is no
 * replica: nobody sees it, nothing starts it, and the next scaling removes it.
 */
export const isHalfMade = ({ State, Labels }: ContainerSummary): boolean => State === 'created' && isClone(Labels);
