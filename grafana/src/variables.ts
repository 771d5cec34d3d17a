import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  IntervalVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { prometheus } from './datasources.ts';

const intervals = ['1m', '5m', '15m', '1h'] as const;
export type Interval = (typeof intervals)[number];

/**
 * `$instance`: the replicas that Prometheus sees behind `selector`; all of them unless narrowed.
 * The list is refreshed with the time range, because scaling adds and removes replicas.
 */
export function instanceVariable(selector: string, label = 'instance'): Builder<VariableModel> {
  const query = `label_values(${selector}, ${label})`;
  return new QueryVariableBuilder('instance')
    .label('Instance')
    .description('Replica or exporter, as ip:port or by its name; "All" sums over every one of them')
    .datasource(prometheus)
    .query({ qryType: 1, query, refId: 'PrometheusVariableQueryEditor-VariableQuery' })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

/** `$interval`: the window of rates and quantiles. Short shows spikes, long shows trends. */
export function intervalVariable(initial: Interval): Builder<VariableModel> {
  return new IntervalVariableBuilder('interval')
    .label('Rate window')
    .description('Window over which rates and quantiles are computed')
    .values(intervals.join(','))
    .options(intervals.map((value) => ({ selected: value === initial, text: value, value })))
    .current({ selected: true, text: initial, value: initial });
}

/**
 * What Grafana would send: the variables of `expr` replaced by the given values. For evaluating panels without Grafana.
 * `$__rate_interval` is at least four scrape intervals; the minute is what Grafana makes of an hour on a wide screen.
 */
export function substituteVariables(
  expr: string,
  values: { instance?: string; interval?: string; range?: string } = {},
): string {
  return expr
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', values.range ?? '1h')
    .replaceAll('$interval', values.interval ?? '5m')
    .replaceAll('$instance', values.instance ?? '.*');
}
