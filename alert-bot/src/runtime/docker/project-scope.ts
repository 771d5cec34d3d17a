import { isClone, isReplica, labelOf, labels, replicaNumber, serviceOf } from './compose-labels.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { ContainerSummary } from './engine-types.ts';

/** What the adapter may touch: one compose project, without what keeps the repair itself going. */
export interface ProjectScope {
  project: string;
  /** Compose services that are never touched, whatever their labels say. */
  protectedServices: readonly string[];
  /** The container that this process lives in; undefined when it lives in none. */
  ownContainerId: string | undefined;
  /** Its image's id and its command: what runs the same is another part of the bot. */
  ownImageId: string | undefined;
  ownCommand: readonly string[] | undefined;
  /** The network that Prometheus scrapes; found by Prometheus' own container when unset. */
  scrapeNetwork: string | undefined;
}

/** The replicas of the project by service, each list in the order of the replica numbers. */
export async function listReplicas(
  engine: DockerEngine,
  scope: ProjectScope,
): Promise<Map<string, ContainerSummary[]>> {
  const byService = new Map<string, ContainerSummary[]>();
  for (const container of await engine.listProject(scope.project)) {
    // A filter is a request, not a guarantee: a proxy or a fake may ignore it.
    if (labelOf(container.Labels, labels.project) !== scope.project || !isReplica(container.Labels)) continue;
    const service = serviceOf(container.Labels);
    const known = byService.get(service);
    if (known) known.push(container);
    else byService.set(service, [container]);
  }
  for (const replicas of byService.values())
    replicas.sort((a, b) => replicaNumber(a.Labels) - replicaNumber(b.Labels) || a.Id.localeCompare(b.Id));
  return byService;
}

/**
 * A clone of ours that was created and never started, because a bot died half-way. It may lack a network or a secret, so it is no
 * replica: nobody sees it, nothing starts it, and the next scaling removes it.
 */
export const isHalfMade = ({ State, Labels }: ContainerSummary): boolean => State === 'created' && isClone(Labels);
