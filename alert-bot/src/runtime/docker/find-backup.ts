import { labelOf } from './compose-labels.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { ContainerSummary } from './engine-types.ts';
import { imageName } from './image-role.ts';

/** By this label docker-volume-backup knows what to stop while it copies volumes. */
const stopLabel = 'docker-volume-backup.stop-during-backup';

type Labelled = Pick<ContainerSummary, 'Labels'>;

const waitsForBackup = ({ Labels }: Labelled): boolean => labelOf(Labels, stopLabel) !== undefined;

/**
 * The backup that may stop and start one of these containers at any moment, in words. Only containers with its label wait, and
 * the engine is asked only about them.
 */
export async function findBackup(
  engine: Pick<DockerEngine, 'listContainers'>,
  containers: readonly Labelled[],
): Promise<(target: readonly Labelled[]) => string | undefined> {
  if (!containers.some(waitsForBackup)) return () => undefined;
  const backup = (await engine.listContainers()).find(
    ({ State, Image }) => State === 'running' && imageName(Image ?? '').includes('docker-volume-backup'),
  );
  const name = (backup?.Names[0] ?? backup?.Id.slice(0, 12) ?? '').replace(/^\//, '');
  return (target) => (backup && target.some(waitsForBackup) ? `the backup ${name} is running` : undefined);
}
