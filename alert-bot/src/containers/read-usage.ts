import type { ContainerUsage } from './container-sample.ts';

/** The parts that are read of `GET /containers/{id}/stats`. Every part may be missing: a stopped container has empty ones. */
export interface EngineStats {
  cpu_stats?: {
    cpu_usage?: { total_usage?: number } | null;
    throttling_data?: { periods?: number; throttled_periods?: number; throttled_time?: number } | null;
  } | null;
  memory_stats?: { usage?: number; stats?: Record<string, number> | null } | null;
  networks?: Record<string, { rx_bytes?: number; tx_bytes?: number }> | null;
  blkio_stats?: { io_service_bytes_recursive?: readonly BlockEntry[] | null } | null;
}

interface BlockEntry {
  op?: string;
  value?: number;
}

const nanosecondsPerSecond = 1e9;

/** The engine's statistics in our words, for cgroup v1 and v2 alike. */
export function readUsage({ cpu_stats, memory_stats, networks, blkio_stats }: EngineStats): ContainerUsage {
  const throttling = cpu_stats?.throttling_data;
  const blocks = blkio_stats?.io_service_bytes_recursive;
  return withoutAbsent({
    memoryWorkingSetBytes: workingSetOf(memory_stats),
    cpuSeconds: seconds(cpu_stats?.cpu_usage?.total_usage),
    cpuPeriods: numberOf(throttling?.periods),
    cpuThrottledPeriods: numberOf(throttling?.throttled_periods),
    cpuThrottledSeconds: seconds(throttling?.throttled_time),
    networkReceivedBytes: sumOf(networks, ({ rx_bytes }) => rx_bytes),
    networkSentBytes: sumOf(networks, ({ tx_bytes }) => tx_bytes),
    diskReadBytes: blockBytes(blocks, 'read'),
    diskWrittenBytes: blockBytes(blocks, 'write'),
  });
}

/**
 * What the kernel counts against the limit, without the file pages that it can take back at once: `total_inactive_file` is
 * cgroup v1's name of them, `inactive_file` cgroup v2's (v1 has that too, without the children). As cAdvisor and the kubelet do.
 */
function workingSetOf(memory: EngineStats['memory_stats']): number | undefined {
  const usage = numberOf(memory?.usage);
  if (usage === undefined) return undefined;
  const inactive = numberOf(memory?.stats?.['total_inactive_file']) ?? numberOf(memory?.stats?.['inactive_file']) ?? 0;
  return Math.max(0, usage - inactive);
}

/** Without interfaces there is no answer: a container on the host's network is not one that sends nothing. */
function sumOf<T>(entries: Record<string, T> | null | undefined, read: (entry: T) => unknown): number | undefined {
  const values = Object.values(entries ?? {});
  return values.length === 0 ? undefined : values.reduce((sum, entry) => sum + (numberOf(read(entry)) ?? 0), 0);
}

/** `Read` in cgroup v1, `read` in v2, one entry for each device. No entry: nothing was read or written yet. */
function blockBytes(entries: readonly BlockEntry[] | null | undefined, op: string): number | undefined {
  if (!entries) return undefined;
  return entries
    .filter((entry) => entry.op?.toLowerCase() === op)
    .reduce((sum, { value }) => sum + (numberOf(value) ?? 0), 0);
}

function seconds(nanoseconds: unknown): number | undefined {
  const value = numberOf(nanoseconds);
  return value === undefined ? undefined : value / nanosecondsPerSecond;
}

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

/** The same object without the keys whose value is undefined. */
export function withoutAbsent(usage: { [Key in keyof ContainerUsage]: number | undefined }): ContainerUsage {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== undefined));
}
