import { type NamedTarget, parseTarget, plainProject, printTarget } from '../../targets/target-name.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { ContainerInspect, ContainerSummary } from './engine-types.ts';
import { inspectAll } from './inspect-all.ts';
import { optInHint } from './opt-in.ts';
import { allTargets, isHalfMade, isInScope, type ListedTarget, type ProjectScope } from './project-scope.ts';
import { findProtection, isServiceOptedIn } from './protection.ts';

export interface TargetRefusal {
  code: 'target_missing' | 'protected_target' | 'not_opted_in';
  message: string;
}

export interface FoundTarget extends NamedTarget {
  /** In the order of their numbers, without our half-made clones. */
  replicas: ContainerInspect[];
  halfMade: ContainerSummary[];
}

const refuse = (code: TargetRefusal['code'], message: string) => ({ refusal: { code, message } });

/** The replicas of a target as they are at this moment, or why nothing may be done to them. @param text the target's text */
export async function findTarget(
  engine: DockerEngine,
  scope: ProjectScope,
  text: string,
): Promise<FoundTarget | { refusal: TargetRefusal }> {
  const parts = parseTarget(text, scope.home);
  if (!parts) return refuse('target_missing', `"${text.slice(0, 100)}" is not the name of a target.`);
  const { project, service } = parts;
  if (!isInScope(scope, project)) return refuse('target_missing', notInScope(scope, project));
  const there = allTargets(await engine.listContainers(project === plainProject ? undefined : project), scope);
  const found = there.get(printTarget(parts, scope.home));
  if (!found) return refuse('target_missing', missing(service, project, [...there.values()]));
  return inspectTarget(engine, scope, found);
}

async function inspectTarget(
  engine: DockerEngine,
  scope: ProjectScope,
  { listed, ...name }: ListedTarget,
): Promise<FoundTarget | { refusal: TargetRefusal }> {
  const { target } = name;
  const seen = await inspectAll(engine, listed);
  const protection = findProtection(scope, name, listed, [...seen.values()]);
  if (protection)
    return refuse('protected_target', `The service ${target} is protected (${protection}): it is never touched.`);
  if (!isServiceOptedIn(scope, name, listed))
    return refuse('not_opted_in', `The service ${target} has not opted in with ${optInHint(scope)}.`);
  const whole = listed.filter((container) => !isHalfMade(container));
  return { ...name, replicas: whole.flatMap(({ Id }) => seen.get(Id) ?? []), halfMade: listed.filter(isHalfMade) };
}

const notInScope = ({ home, projects }: ProjectScope, project: string): string => {
  const named = [...new Set([home, ...projects])].join(', ');
  return `The project ${project} is not one that the bot may act in (${named}). Add it to PROJECTS.`;
};

const mostNamed = 10;

function missing(service: string, project: string, targets: readonly ListedTarget[]): string {
  if (project === plainProject) return `There is no container ${service} outside of compose projects.`;
  const names = targets
    .filter((one) => one.project === project)
    .map((one) => one.service)
    .sort();
  if (names.length === 0) return `The project ${project} has no containers.`;
  const more = names.length > mostNamed ? `, and ${names.length - mostNamed} more` : '';
  return `The project ${project} has no container of a service ${service}. It has ${names.slice(0, mostNamed).join(', ')}${more}.`;
}
