import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  IntervalVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { prometheus } from './datasources.ts';

const intervals = ['1m', '5m', '15m', '1h'] as const;
/** The window of the alerts, and on long ranges as much as lies between two points of a graph: nothing falls between them. */
const automatic = { text: 'auto', value: '$__auto_interval_interval' };

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

/** `$interval`: the window of every rate and quantile on every dashboard. Short shows spikes, long shows trends. */
export function intervalVariable(): Builder<VariableModel> {
  const options = [automatic, ...intervals.map((value) => ({ text: value, value }))];
  return new IntervalVariableBuilder('interval')
    .label('Window')
    .description(
      'Window over which rates and quantiles are computed; auto is the 1 minute of the alerts, and more on long ranges',
    )
    .values(intervals.join(','))
    .auto(true)
    .minInterval('1m')
    .stepCount(200)
    .options(options.map((option) => ({ ...option, selected: option === automatic })))
    .current({ selected: true, ...automatic });
}

/** `$bot`: where a browser reaches the bot, as the bot itself says. Not shown. */
export function botVariable(): Builder<VariableModel> {
  const query = 'query_result(max by (url) (alertbot_link_info{job="alert-bot"}))';
  return new QueryVariableBuilder('bot')
    .hide(VariableHide.HideVariable)
    .datasource(prometheus)
    .query({ qryType: 3, query, refId: 'PrometheusVariableQueryEditor-VariableQuery' })
    .definition(query)
    .regex('/url="([^"]+)"/')
    .refresh(VariableRefresh.OnDashboardLoad);
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
    .replaceAll('$interval', values.interval ?? '1m')
    .replaceAll('$instance', values.instance ?? '.*');
}
