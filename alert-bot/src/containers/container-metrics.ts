import { Gauge, type Registry } from 'prom-client';
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

/** A sample of a metric, as prom-client wants it. */
interface Value {
  labels: Readonly<Record<string, string>>;
  value: number;
}

function registerFamily(registry: Registry, { name, help, kind, read }: Family, { current }: ContainerReadings): void {
  register(registry, { name, help, type: kind }, () =>
    current().flatMap((sample) => {
      const value = sample.usage?.[read];
      return value === undefined ? [] : [{ labels: labelsOf(sample), value }];
    }),
  );
}

function registerStates(registry: Registry, { current }: ContainerReadings): void {
  const stateHelp = '1 for the state that the container is in.';
  register(registry, { name: 'container_state', help: stateHelp, type: 'gauge' }, () =>
    current().flatMap((sample) => oneOf(sample, 'state', states, sample.state)),
  );
  const healthHelp = '1 for what the healthcheck says of a container that lives.';
  register(registry, { name: 'container_health', help: healthHelp, type: 'gauge' }, () =>
    current()
      .filter(({ state }) => lives(state))
      .flatMap((sample) => oneOf(sample, 'health', healths, sample.health)),
  );
}

const oneOf = (sample: ContainerSample, label: string, words: readonly string[], current: string): Value[] =>
  words.map((word) => ({ labels: { ...labelsOf(sample), [label]: word }, value: Number(word === current) }));

/**
 * A metric that is read at every scrape. Not a Gauge of prom-client: that keeps a hash table of its label sets, which for
 * thousands of samples every five seconds is most of what the scrape costs. The registry asks a metric for no more than this.
 */
function register(
  registry: Registry,
  metric: { name: string; help: string; type: 'gauge' | 'counter' },
  read: () => Value[],
): void {
  const collected = { ...metric, get: async () => ({ ...metric, values: read(), aggregator: 'sum' }), reset: () => {} };
  registry.registerMetric(collected as unknown as Gauge);
}

const knownLabels = new WeakMap<ContainerSample, Value['labels']>();

/** Made once for each sample, which has a line in every metric. */
function labelsOf(sample: ContainerSample): Value['labels'] {
  const { project, service, replica } = sample;
  const labels = knownLabels.get(sample) ?? { project, service, replica };
  knownLabels.set(sample, labels);
  return labels;
}
