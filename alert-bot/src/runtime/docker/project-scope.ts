import { isOptedIn, isProtected, isReplica, labels, replicaNumber, serviceOf } from './compose-labels.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { ContainerSummary } from './engine-types.ts';

/** What the adapter may touch: one compose project, without what keeps the repair itself going. */
export interface ProjectScope {
  project: string;
  /** Compose services that are never touched, whatever their labels say. */
  protectedServices: readonly string[];
  /** The container that this process lives in; undefined when it lives in none. */
  ownContainerId: string | undefined;
}

export const defaultProtectedServices = ['alert-bot', 'prometheus', 'alertmanager', 'db'] as const;

/** The replicas of the project by service, each list in the order of the replica numbers. */
export async function listReplicas(
  engine: DockerEngine,
  scope: ProjectScope,
): Promise<Map<string, ContainerSummary[]>> {
  const byService = new Map<string, ContainerSummary[]>();
  for (const container of await engine.listProject(scope.project)) {
    // A filter is a request, not a guarantee: a proxy or a fake may ignore it.
    if (container.Labels[labels.project] !== scope.project || !isReplica(container.Labels)) continue;
    const service = serviceOf(container.Labels);
    byService.set(service, [...(byService.get(service) ?? []), container]);
  }
  for (const replicas of byService.values())
    replicas.sort((a, b) => replicaNumber(a.Labels) - replicaNumber(b.Labels) || a.Id.localeCompare(b.Id));
  return byService;
}

/**
 * A clone of ours that was created and never started, because a bot died half-way. It may lack a network or a secret, so it is no
 * replica: nobody sees it, nothing starts it, and the next scaling removes it.
 */
export const isHalfMade = ({ State, Labels }: ContainerSummary): boolean =>
  State === 'created' && labels.clonedFrom in Labels;

/** Never itself (nor a sibling of itself), never what notices the fault or holds the data, never what asks to be left alone. */
export function isServiceProtected(scope: ProjectScope, service: string, replicas: ContainerSummary[]): boolean {
  if (scope.protectedServices.includes(service)) return true;
  return replicas.some(({ Id, Labels }) => Id === scope.ownContainerId || isProtected(Labels));
}

/** All replicas must have opted in: one that has not is a container that nobody asked us to touch. */
export const isServiceOptedIn = (replicas: ContainerSummary[]): boolean =>
  replicas.length > 0 && replicas.every(({ Labels }) => isOptedIn(Labels));

export interface TargetRefusal {
  code: 'target_missing' | 'protected_target' | 'not_opted_in';
  message: string;
}

/** The replicas of `service`, or why nothing may be done to them. */
export async function findTarget(
  engine: DockerEngine,
  scope: ProjectScope,
  service: string,
): Promise<{ replicas: ContainerSummary[] } | { refusal: TargetRefusal }> {
  const replicas = (await listReplicas(engine, scope)).get(service) ?? [];
  const refuse = (code: TargetRefusal['code'], message: string) => ({ refusal: { code, message } });
  if (replicas.length === 0)
    return refuse('target_missing', `The project ${scope.project} has no container of a service ${service}.`);
  if (isServiceProtected(scope, service, replicas))
    return refuse('protected_target', `The service ${service} is protected: no action is ever taken on it.`);
  if (!isServiceOptedIn(replicas))
    return refuse('not_opted_in', `The service ${service} has not opted in with the label ${labels.enable}=true.`);
  return { replicas };
}
