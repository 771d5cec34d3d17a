import { labels } from './compose-labels.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { ContainerInspect, ContainerSummary } from './engine-types.ts';
import { inspectAll } from './inspect-all.ts';
import { isHalfMade, listReplicas, type ProjectScope } from './project-scope.ts';
import { findProtection, isServiceOptedIn } from './protection.ts';

export interface TargetRefusal {
  code: 'target_missing' | 'protected_target' | 'not_opted_in';
  message: string;
}

export interface Target {
  /** In the order of their numbers, without our half-made clones. */
  replicas: ContainerInspect[];
  halfMade: ContainerSummary[];
}

/** The replicas of `service` as they are at this moment, or why nothing may be done to them. */
export async function findTarget(
  engine: DockerEngine,
  scope: ProjectScope,
  service: string,
): Promise<Target | { refusal: TargetRefusal }> {
  const listed = (await listReplicas(engine, scope)).get(service) ?? [];
  const refuse = (code: TargetRefusal['code'], message: string) => ({ refusal: { code, message } });
  const missing = `The project ${scope.project} has no container of a service ${service}.`;
  if (listed.length === 0) return refuse('target_missing', missing);
  const seen = await inspectAll(engine, listed);
  const protection = findProtection(scope, service, listed, [...seen.values()]);
  if (protection)
    return refuse('protected_target', `The service ${service} is protected (${protection}): it is never touched.`);
  if (!isServiceOptedIn(listed))
    return refuse('not_opted_in', `The service ${service} has not opted in with the label ${labels.enable}=true.`);
  const whole = listed.filter((container) => !isHalfMade(container));
  return { replicas: whole.flatMap(({ Id }) => seen.get(Id) ?? []), halfMade: listed.filter(isHalfMade) };
}
