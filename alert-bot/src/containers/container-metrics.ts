import { Counter, Gauge, type Registry } from 'prom-client';
import { type ContainerSample, type ContainerUsage, lives } from './container-sample.ts';

interface Family {
  name: string;
  help: string;
  kind: 'gauge' | 'counter';
  read: keyof ContainerUsage;
}

const gauge = (name: string, help: string, read: keyof ContainerUsage): Family => ({ name, help, kind: 'gauge', read });
const counter = (name: string, help: string, read: keyof ContainerUsage): Family => ({
  ...{ name, help, read },
  kind: 'counter',
});

/** Named as cAdvisor names them, where it has the same. */
const families: readonly Family[] = [
  gauge('container_memory_working_set_bytes', 'Memory in use, without page cache.', 'memoryWorkingSetBytes'),
  gauge('container_spec_memory_limit_bytes', 'Memory limit; absent without one.', 'memoryLimitBytes'),
  counter('container_cpu_usage_seconds_total', 'CPU time used.', 'cpuSeconds'),
  gauge('container_spec_cpu_limit_cores', 'CPU limit in cores; absent without one.', 'cpuLimitCores'),
  counter('container_cpu_cfs_periods_total', 'Periods in which the CPU limit was applied.', 'cpuPeriods'),
  counter('container_cpu_cfs_throttled_periods_total', 'Of these, periods with waiting.', 'cpuThrottledPeriods'),
  counter('container_cpu_cfs_throttled_seconds_total', 'Time spent waiting for the CPU limit.', 'cpuThrottledSeconds'),
  counter('container_network_receive_bytes_total', 'Bytes received.', 'networkReceivedBytes'),
  counter('container_network_transmit_bytes_total', 'Bytes sent.', 'networkSentBytes'),
  counter('container_fs_reads_bytes_total', 'Bytes read from block devices.', 'diskReadBytes'),
  counter('container_fs_writes_bytes_total', 'Bytes written to block devices.', 'diskWrittenBytes'),
  counter('container_restarts_total', 'Starts by the restart policy since the last start by hand.', 'restarts'),
  counter('container_oom_events_total', 'Times that the kernel killed a process of it for memory.', 'oomKills'),
  gauge('container_start_time_seconds', 'When it was last started, since the Unix epoch.', 'startedAtSeconds'),
];

const states = ['running', 'restarting', 'paused', 'exited', 'dead', 'created', 'removing'] as const;
const healths = ['healthy', 'unhealthy', 'starting', 'none'] as const;
const labelNames = ['project', 'service', 'replica'] as const;

/** What the metrics are read from; never waits. */
export interface ContainerReadings {
  /** The newest sample of each container; those that are too old are left out. */
  current(): readonly ContainerSample[];
  /** 1 when the last look failed or missed a container. */
  isTroubled(): boolean;
}

/**
 * Registers `container_*`. Every scrape builds its samples from nothing, so that a container that is gone leaves none behind.
 * One that does not live has its state and nothing else.
 */
export function registerContainerMetrics(registry: Registry, readings: ContainerReadings): void {
  for (const family of families) registerFamily(registry, family, readings);
  registerStates(registry, readings);
  new Gauge({
    name: 'container_scrape_error',
    help: '1 when the last look at the containers failed or missed one.',
    registers: [registry],
    collect() {
      this.set(Number(readings.isTroubled()));
    },
  });
}

function registerFamily(registry: Registry, { name, help, kind, read }: Family, readings: ContainerReadings): void {
  const values = () =>
    readings.current().flatMap((sample) => {
      const value = sample.usage?.[read];
      return value === undefined ? [] : [{ labels: labelsOf(sample), value }];
    });
  const options = { name, help, registers: [registry], labelNames };
  if (kind === 'gauge')
    new Gauge({
      ...options,
      collect() {
        this.reset();
        for (const { labels, value } of values()) this.set(labels, value);
      },
    });
  else
    new Counter({
      ...options,
      collect() {
        this.reset();
        for (const { labels, value } of values()) this.inc(labels, value);
      },
    });
}

function registerStates(registry: Registry, { current }: ContainerReadings): void {
  new Gauge({
    name: 'container_state',
    help: '1 for the state that the container is in.',
    registers: [registry],
    labelNames: [...labelNames, 'state'],
    collect() {
      this.reset();
      for (const sample of current())
        for (const state of states) this.set({ ...labelsOf(sample), state }, Number(sample.state === state));
    },
  });
  new Gauge({
    name: 'container_health',
    help: '1 for what the healthcheck says of a container that lives.',
    registers: [registry],
    labelNames: [...labelNames, 'health'],
    collect() {
      this.reset();
      for (const sample of current().filter(({ state }) => lives(state)))
        for (const health of healths) this.set({ ...labelsOf(sample), health }, Number(sample.health === health));
    },
  });
}

const labelsOf = ({ project, service, replica }: ContainerSample) => ({ project, service, replica });
