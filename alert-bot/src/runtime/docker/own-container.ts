import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { labelOf, labels } from './compose-labels.ts';
import type { DockerEngine } from './docker-engine.ts';
import { hasStatus } from './engine-error.ts';
import type { ContainerInspect } from './engine-types.ts';

/** What a process can know about the container that it lives in. */
export interface SelfEvidence {
  hostname: string;
  /** `/proc/self/mountinfo`, empty when unreadable. */
  mountinfo: string;
  /** `/proc/self/cgroup`, empty when unreadable. */
  cgroup: string;
}

export interface OwnContainer {
  id: string;
  imageId: string;
  /** Entrypoint and arguments. */
  command: string[];
  project: string | undefined;
}

export async function readSelfEvidence(): Promise<SelfEvidence> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => '');
  const [mountinfo, cgroup] = await Promise.all([read('/proc/self/mountinfo'), read('/proc/self/cgroup')]);
  return { hostname: hostname(), mountinfo, cgroup };
}

/**
 * Ids that may be ours, surest first. The engine mounts `/etc/hostname` from the container's own directory; older hosts show the
 * id in the cgroup path; the default host name is the short id, but a user may set another.
 */
export function ownContainerCandidates({ hostname: name, mountinfo, cgroup }: SelfEvidence): string[] {
  const mounted = /\/([0-9a-f]{64})\/(?:userdata\/)?hostname \/etc\/hostname /.exec(mountinfo)?.[1];
  const grouped = /[/-]([0-9a-f]{64})(?:\.scope)?$/m.exec(cgroup)?.[1];
  const named = /^[0-9a-f]{12}$/.test(name) ? name : undefined;
  return [...new Set([mounted, grouped, named].filter((id) => id !== undefined))];
}

/** The container that this process lives in, or undefined when it lives in none that this engine knows. */
export async function findOwnContainer(engine: DockerEngine, self: SelfEvidence): Promise<OwnContainer | undefined> {
  for (const candidate of ownContainerCandidates(self)) {
    try {
      const seen = await engine.inspect(candidate);
      const { Id, Image, Config } = seen;
      if (Id.startsWith(candidate))
        return {
          id: Id,
          imageId: Image,
          command: commandOf(seen),
          project: labelOf(Config.Labels, labels.project),
        };
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
  }
  return undefined;
}

/** What a container runs: its entrypoint and its arguments. */
export const commandOf = ({ Config }: ContainerInspect): string[] => [
  ...(Config.Entrypoint ?? []),
  ...(Config.Cmd ?? []),
];
