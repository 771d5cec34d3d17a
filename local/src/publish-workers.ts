import { join } from 'node:path';
import { writeWorkerTargets } from './render-configuration.ts';
import type { ReplicaGroup } from './replica-group.ts';

/** Tells Prometheus which workers there are. */
export function publishWorkers(directory: string, groups: ReadonlyMap<string, ReplicaGroup>): Promise<void> {
  const replicas = groups.get('worker')?.replicas ?? [];
  return writeWorkerTargets(
    join(directory, 'config'),
    replicas.map(({ addresses }) => addresses[0] as string),
  );
}
