import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { withTimeout } from './timeout.ts';
import { serviceVersion } from './version.ts';

/** A metric's labels with their closed sets of values. */
export type LabelSets<Name extends string = string> = Readonly<Record<Name, readonly string[]>>;

/** One sample of a collected gauge with several labels. */
export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** A collected value: one number, one number for each value of the metric's only label, or samples with all their labels. */
type Collected = number | Readonly<Record<string, number>> | readonly Sample[];

export interface Metrics {
  registry: Registry;
  /** Errors that no handler could catch: request-scope.ts. */
  escapedErrors: Counter;
  /** Every label combination exists at zero from the start, so that `rate()` sees the first event. */
  counter<L extends string = never>(name: string, help: string, labels?: LabelSets<L>): Counter<L>;
  gauge<L extends string = never>(name: string, help: string, labels?: LabelSets<L>): Gauge<L>;
  histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: LabelSets<L>,
  ): Histogram<L>;
  /**
   * A gauge that is read at scrape time. When `collect` throws or takes longer than a second the gauge is left out of
   * that scrape and `<prefix>_collector_errors_total` counts it; the rest of the scrape is not touched.
   */
  collectedGauge(options: CollectedGaugeOptions): void;
}

export interface CollectedGaugeOptions {
  name: string;
  help: string;
  /** The one label of the collected record, or all labels of the samples; absent for a plain number. */
  label?: string | readonly string[];
  collect: () => Collected | Promise<Collected>;
  timeoutMs?: number;
}

export interface MetricsOptions {
  /** `api`, `worker` or `alertbot`: the prefix of the service's own metrics. */
  prefix: string;
  /** Names of the collected gauges, so that their error counter exists at zero. */
  collectors?: readonly string[];
  /** prom-client's process and nodejs metrics; tests leave them out. */
  defaultMetrics?: boolean;
}

/** Gauges with a counter's suffix, which promtool refuses; each is only the sum of `nodejs_active_*` by type. */
const misnamedDefaults = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** A registry of its own (never the global one) with the default metrics, build information and guarded collectors. */
export function createMetrics({ prefix, collectors = [], defaultMetrics = true }: MetricsOptions): Metrics {
  const registry = new Registry();
  if (defaultMetrics) {
    collectDefaultMetrics({ register: registry });
    for (const name of misnamedDefaults) registry.removeSingleMetric(name);
  }
  const registers = [registry];

  const counter: Metrics['counter'] = (name, help, labels) => {
    const metric = new Counter({ name, help, registers, labelNames: namesOf(labels) });
    for (const combination of combinations(labels)) metric.inc(combination, 0);
    return metric;
  };
  const gauge: Metrics['gauge'] = (name, help, labels) => {
    const metric = new Gauge({ name, help, registers, labelNames: namesOf(labels) });
    for (const combination of combinations(labels)) metric.set(combination, 0);
    return metric;
  };
  const histogram: Metrics['histogram'] = (name, help, buckets, labels) => {
    const metric = new Histogram({ name, help, registers, labelNames: namesOf(labels), buckets: [...buckets] });
    for (const combination of combinations(labels)) metric.zero(combination);
    return metric;
  };

  gauge(`${prefix}_build_info`, 'Always 1; the labels say what runs.', {
    version: [serviceVersion],
    node_version: [process.version],
  }).set({ version: serviceVersion, node_version: process.version }, 1);
  const failures = counter(`${prefix}_collector_errors_total`, 'Metric collectors that failed during a scrape.', {
    collector: collectors,
  });
  const collectedGauge = (options: CollectedGaugeOptions) =>
    registerCollectedGauge(registry, options, () => failures.inc({ collector: options.name }));
  const escapedErrors = counter(
    `${prefix}_escaped_errors_total`,
    'Errors that no handler caught; each cost one request a 500.',
  );
  return { registry, escapedErrors, counter, gauge, histogram, collectedGauge };
}

function registerCollectedGauge(registry: Registry, options: CollectedGaugeOptions, onFailure: () => void): void {
  const { name, help, label, timeoutMs = 1_000 } = options;
  const metric: Gauge = new Gauge({
    name,
    help,
    registers: [registry],
    labelNames: typeof label === 'string' ? [label] : [...(label ?? [])],
    collect: async () => {
      try {
        const value = await withTimeout(Promise.resolve().then(options.collect), timeoutMs, `collecting ${name}`);
        setCollected(metric, label, value);
      } catch {
        removeSamples(metric); // no sample is the truth; the last value, or zero, would be a lie
        onFailure();
      }
    },
  });
}

function setCollected(metric: Gauge, label: CollectedGaugeOptions['label'], value: Collected): void {
  if (typeof value === 'number') metric.set(value);
  else if (isSamples(value)) {
    metric.reset();
    for (const { labels, value: number } of value) metric.set({ ...labels }, number);
  } else {
    metric.reset(); // a key that is gone leaves no last value behind
    for (const [key, number] of Object.entries(value)) metric.set({ [label as string]: key }, number);
  }
}

const isSamples = (value: Collected): value is readonly Sample[] => Array.isArray(value);

function removeSamples(metric: Gauge): void {
  metric.reset(); // drops labelled samples; leaves the unlabelled one at zero
  metric.remove();
}

const namesOf = <L extends string>(labels: LabelSets<L> | undefined) => Object.keys(labels ?? {}) as L[];

/** The cartesian product of the label sets; nothing for a metric without labels, which exists at zero by itself. */
function combinations<L extends string>(labels: LabelSets<L> | undefined): Record<L, string>[] {
  const entries = Object.entries(labels ?? {}) as [L, readonly string[]][];
  if (entries.length === 0) return [];
  return entries.reduce<Record<string, string>[]>(
    (sofar, [name, values]) => sofar.flatMap((partial) => values.map((value) => ({ ...partial, [name]: value }))),
    [{}],
  ) as Record<L, string>[];
}
