import type { Replica } from '../runtime/runtime.ts';

/** What one container used when it was last looked at. A number that the engine does not know is absent, never 0. */
export interface ContainerSample {
  /** The full container id. */
  id: string;
  project: string;
  service: string;
  /** The container's name. */
  replica: string;
  state: Replica['state'];
  health: Replica['health'];
  /** Absent of a container that does not live: it uses nothing. */
  usage?: ContainerUsage;
}

/** Counters begin at 0 when the container starts. */
export interface ContainerUsage {
  /** Without the page cache that the kernel can take back at once. */
  memoryWorkingSetBytes?: number;
  /** Absent when the container has no limit. */
  memoryLimitBytes?: number;
  cpuSeconds?: number;
  /** Absent when the container has no limit. */
  cpuLimitCores?: number;
  cpuPeriods?: number;
  cpuThrottledPeriods?: number;
  cpuThrottledSeconds?: number;
  networkReceivedBytes?: number;
  networkSentBytes?: number;
  diskReadBytes?: number;
  diskWrittenBytes?: number;
  /** How often the engine started it again since somebody started it. */
  restarts?: number;
  /** Processes of it that the kernel killed for memory. */
  oomKills?: number;
  /** Seconds since the Unix epoch. */
  startedAtSeconds?: number;
}

/** One look at every container in scope. */
export interface ContainerLook {
  samples: ContainerSample[];
  /** Ids of containers that live and could not be measured in time. */
  missed: string[];
}

/** Where looks come from: a runtime. */
export interface ContainerMeter {
  /** @throws when the containers cannot be listed, or in time */
  look(signal: AbortSignal): Promise<ContainerLook>;
  /** Whether the container ended after `at`, in milliseconds of `performance.now()`: what was seen of it before is over. */
  hasEndedSince?(id: string, at: number): boolean;
}

const living: readonly string[] = ['running', 'paused', 'restarting'];

/** Whether the container uses anything: one that was stopped or never started does not. */
export const lives = (state: string): boolean => living.includes(state);
