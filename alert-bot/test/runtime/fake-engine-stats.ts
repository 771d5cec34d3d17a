import type { ContainerState } from '../../src/runtime/docker/engine-types.ts';
import type { FakeContainer } from './fake-container.ts';

export interface FakeUsage {
  cgroup: 1 | 2;
  /** Bytes in use, page cache included. */
  usage: number;
  /** Of these, file pages that nothing used lately. */
  inactiveFile: number;
  cpuNanoseconds: number;
}

const megabyte = 1024 * 1024;
const standard: FakeUsage = { cgroup: 2, usage: 100 * megabyte, inactiveFile: 20 * megabyte, cpuNanoseconds: 1.5e9 };
/** What the engine says of a container without a limit: the host's memory. */
const hostMemory = 8 * 1024 * megabyte;

/** The list's words about a container; the start time stands for how long it has been up. */
export const describeState = ({ Status, StartedAt, Health }: ContainerState): string =>
  `${Status} since ${StartedAt}${Health ? ` (${Health.Status})` : ''}`;

/** `GET /containers/{id}/stats?one-shot=true`, as recorded from engines on cgroup v1 and v2. A stopped one has empty parts. */
export function statsOf({ State, HostConfig, behaviour }: FakeContainer): object {
  if (!State.Running) return { read: '0001-01-01T00:00:00Z', cpu_stats: emptyCpu, memory_stats: {}, blkio_stats: {} };
  const uses = { ...standard, ...behaviour.uses };
  return {
    read: new Date().toISOString(),
    preread: '0001-01-01T00:00:00Z',
    pids_stats: { current: 11 },
    cpu_stats: {
      cpu_usage: { total_usage: uses.cpuNanoseconds, usage_in_kernelmode: 0, usage_in_usermode: 0 },
      system_cpu_usage: 40_035_860_000_000,
      online_cpus: 2,
      throttling_data: { periods: 40, throttled_periods: 4, throttled_time: 250_000_000 },
    },
    precpu_stats: emptyCpu,
    memory_stats: { ...(uses.cgroup === 2 ? memoryV2(uses) : memoryV1(uses)), limit: HostConfig.Memory || hostMemory },
    networks: {
      eth0: { rx_bytes: 1_000, tx_bytes: 2_000 },
      eth1: { rx_bytes: 30, tx_bytes: 40 },
    },
    blkio_stats: { io_service_bytes_recursive: uses.cgroup === 2 ? blocksV2 : blocksV1 },
  };
}

const emptyCpu = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};

const memoryV2 = ({ usage, inactiveFile }: FakeUsage) => ({
  usage,
  stats: { active_anon: 0, anon: usage - inactiveFile, file: inactiveFile, inactive_file: inactiveFile },
});

/** `inactive_file` is this cgroup's own and leaves its children out; `total_…` has them. */
const memoryV1 = ({ usage, inactiveFile }: FakeUsage) => ({
  usage,
  max_usage: usage,
  stats: { cache: inactiveFile, inactive_file: 0, total_cache: inactiveFile, total_inactive_file: inactiveFile },
});

const blocksV2 = [
  { major: 8, minor: 0, op: 'read', value: 500 },
  { major: 8, minor: 0, op: 'write', value: 700 },
  { major: 8, minor: 16, op: 'read', value: 5 },
];

const blocksV1 = [
  { major: 8, minor: 0, op: 'Read', value: 500 },
  { major: 8, minor: 0, op: 'Write', value: 700 },
  { major: 8, minor: 0, op: 'Sync', value: 600 },
  { major: 8, minor: 0, op: 'Total', value: 1_200 },
  { major: 8, minor: 16, op: 'Read', value: 5 },
];
