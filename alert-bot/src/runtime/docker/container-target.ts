import {
  isProjectName,
  isServiceName,
  type NamedTarget,
  plainProject,
  printTarget,
} from '../../targets/target-name.ts';
import { isReplica, type Labels, labelOf, labels, replicaNumber, serviceOf } from './compose-labels.ts';
import type { ContainerInspect, ContainerSummary } from './engine-types.ts';

/** Containers of other orchestrators: they repair them, and a restart behind their back is no repair. */
const foreignLabels = ['com.docker.swarm.task.id', 'io.kubernetes.pod.name', 'com.hashicorp.nomad.alloc_id'];

/**
 * The target that a container belongs to: its compose service, or the container alone where no compose made it. Undefined for
 * one-offs, for containers of other orchestrators, and for names that could not be told apart in a target's text.
 */
export function targetOfContainer(of: Labels, name: string, home: string): NamedTarget | undefined {
  const project = labelOf(of, labels.project);
  if (project === undefined) return plainTarget(of, name, home);
  const service = serviceOf(of);
  if (!isReplica(of) || project === plainProject || !isProjectName(project) || !isServiceName(service))
    return undefined;
  return { target: printTarget({ project, service }, home), project, service };
}

function plainTarget(of: Labels, name: string, home: string): NamedTarget | undefined {
  if (!isServiceName(name) || foreignLabels.some((label) => labelOf(of, label) !== undefined)) return undefined;
  const parts = { project: plainProject, service: name };
  return { target: printTarget(parts, home), ...parts };
}

/** The replica's number. A plain container is the only one of its target, also when it is made again under its name. */
export const numberOf = ({ Config }: ContainerInspect): number =>
  labelOf(Config.Labels, labels.project) === undefined ? 1 : replicaNumber(Config.Labels);

export const targetOfSummary = (container: ContainerSummary, home: string) =>
  targetOfContainer(container.Labels, nameOfSummary(container), home);

/** A name with a second slash is the alias of a legacy link. */
export const nameOfSummary = ({ Names }: ContainerSummary): string =>
  (Names ?? []).map((name) => name.replace(/^\//, '')).find((name) => name !== '' && !name.includes('/')) ?? '';
