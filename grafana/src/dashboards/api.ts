import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { createDashboard } from '../create-dashboard.ts';
import { upOrDown, valueTexts } from '../mappings.ts';
import { heatmapPanel } from '../panels/heatmap-panel.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statPanel } from '../panels/stat-panel.ts';
import { statePanel } from '../panels/state-panel.ts';
import { tablePanel } from '../panels/table-panel.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { orZero, quantile } from '../promql.ts';
import { highIsGood, lowIsGood } from '../thresholds.ts';
import { instanceVariable, intervalVariable } from '../variables.ts';
import { apiInternals } from './api-internals.ts';
import { apiErrorShare, apiP95 } from './api-objectives.ts';

const selector = 'job="api",instance=~"$instance"';
const requests = (by: string, extra = '') =>
  `sum by (${by}) (rate(http_request_duration_seconds_count{${selector}${extra}}[$interval]))`;
const latency = (q: number) => quantile(q, 'http_request_duration_seconds', selector, '$interval');

const red: SizedPanel[] = [
  statPanel({
    title: 'Requests',
    description: 'Answered requests per second over 5 minutes, all replicas, health checks included.',
    unit: units.RequestsPerSecond,
    width: 4,
    decimals: 1,
    expr: 'sum(rate(http_request_duration_seconds_count{job="api"}[5m]))',
  }),
  statPanel({
    title: 'Error share',
    description: 'Share of requests answered with a 5xx over 5 minutes. APIErrorRateHigh fires over 5 %.',
    unit: units.PercentUnit,
    width: 4,
    expr: apiErrorShare,
    thresholds: lowIsGood(0.05, 0.005),
  }),
  statPanel({
    title: 'Latency, p95',
    description: '95 % of the requests of 5 minutes took at most this long. APIHighLatency fires over 200 ms.',
    unit: units.Seconds,
    width: 4,
    expr: apiP95,
    thresholds: lowIsGood(0.2, 0.15),
  }),
  statPanel({
    title: 'In flight',
    description: 'Requests accepted and not answered yet. Growing while the rate is flat means that something hangs.',
    unit: units.Short,
    width: 4,
    decimals: 0,
    expr: `sum(api_requests_in_flight{${selector}})`,
    thresholds: lowIsGood(100, 50),
  }),
  statPanel({
    title: 'Database',
    description: 'Whether every selected replica reached the database at its last health check.',
    unit: units.NoUnit,
    width: 4,
    expr: `min(api_database_up{${selector}})`,
    mappings: upOrDown,
    thresholds: highIsGood(1),
  }),
  statPanel({
    title: 'Faults switched on',
    description: 'Injected faults that are active on the selected replicas. A restart clears them: that is the demo.',
    unit: units.Short,
    width: 4,
    decimals: 0,
    expr: `sum(api_fault_active{${selector}})`,
    thresholds: lowIsGood(1),
  }),
  timeSeriesPanel({
    title: 'Requests by status',
    description: 'Answered requests per second by status code. 499 is a client that went away before the answer.',
    unit: units.RequestsPerSecond,
    width: 12,
    stacked: true,
    queries: [{ expr: requests('status_code'), legend: '{{status_code}}' }],
    colors: { '/^2/': 'green', '/^3/': 'blue', '/^4/': 'orange', '/^5/': 'red' },
  }),
  timeSeriesPanel({
    title: 'Error share',
    description: 'Share of requests answered with a 5xx. The dashed line is the limit of APIErrorRateHigh.',
    unit: units.PercentUnit,
    width: 12,
    queries: [
      {
        // no 5xx yet means no such series: 0 errors
        expr: `${orZero(`sum(rate(http_request_duration_seconds_count{${selector},status_code=~"5.."}[$interval]))`)} / sum(rate(http_request_duration_seconds_count{${selector}}[$interval]))`,
        legend: '5xx share',
      },
    ],
    thresholds: lowIsGood(0.05),
    colors: { '5xx share': 'red' },
  }),
  timeSeriesPanel({
    title: 'Latency quantiles',
    description: 'p50, p95 and p99 of the selected replicas. The dashed line is the 200 ms objective for p95.',
    unit: units.Seconds,
    width: 12,
    queries: [
      { expr: latency(0.5), legend: 'p50' },
      { expr: latency(0.95), legend: 'p95' },
      { expr: latency(0.99), legend: 'p99' },
    ],
    thresholds: lowIsGood(0.2),
    colors: { p50: 'green', p95: 'orange', p99: 'purple' },
  }),
  heatmapPanel({
    title: 'Latency heat map',
    description:
      'How many requests fell into each latency bucket. Two bands mean two kinds of requests: look at the routes.',
    unit: units.Seconds,
    width: 12,
    expr: `sum by (le) (increase(http_request_duration_seconds_bucket{${selector}}[$__rate_interval]))`,
  }),
];

const routes: SizedPanel[] = [
  tablePanel({
    title: 'Top routes',
    description: 'The ten busiest routes: requests per second, p95 and 5xx share over the chosen window.',
    unit: units.Short,
    width: 12,
    height: 10,
    exprs: [
      `topk(10, ${requests('method, path')})`,
      quantile(0.95, 'http_request_duration_seconds', selector, '$interval', ['method', 'path']),
      // a route without a 5xx has no such series: its share is 0
      `(${requests('method, path', ',status_code=~"5.."')} or ${requests('method, path')} * 0) / (${requests('method, path')} > 0)`,
    ],
    columns: [
      { field: 'method', title: 'Method' },
      { field: 'path', title: 'Route' },
      { field: 'Value #A', title: 'Requests', unit: units.RequestsPerSecond, decimals: 2 },
      { field: 'Value #B', title: 'p95', unit: units.Seconds, thresholds: lowIsGood(0.2, 0.15) },
      { field: 'Value #C', title: '5xx share', unit: units.PercentUnit, thresholds: lowIsGood(0.05, 0.005) },
    ],
    sortBy: 'Requests',
  }),
  timeSeriesPanel({
    title: 'Latency by route, p95',
    description: 'p95 of each route: which one makes the service slow?',
    unit: units.Seconds,
    width: 12,
    height: 10,
    queries: [
      {
        expr: quantile(0.95, 'http_request_duration_seconds', selector, '$interval', ['method', 'path']),
        legend: '{{method}} {{path}}',
      },
    ],
    thresholds: lowIsGood(0.2),
  }),
];

const errors: SizedPanel[] = [
  timeSeriesPanel({
    title: 'Problems by code',
    description: 'Problem answers per second by their catalogue code: bad requests as well as failures of our own.',
    unit: units.RequestsPerSecond,
    width: 8,
    queries: [{ expr: `sum by (code) (rate(api_problems_total{${selector}}[$interval]))`, legend: '{{code}}' }],
  }),
  timeSeriesPanel({
    title: 'Failed database operations',
    description: 'By kind. "unavailable" is the database, "timeout" is load or locks, "retryable" heals by itself.',
    unit: units.CountsPerSecond,
    width: 8,
    queries: [{ expr: `sum by (kind) (rate(api_database_errors_total{${selector}}[$interval]))`, legend: '{{kind}}' }],
  }),
  statePanel({
    title: 'Injected faults',
    description: 'Which fault was switched on when. Green is off.',
    unit: units.NoUnit,
    width: 8,
    queries: [{ expr: `max by (fault) (api_fault_active{${selector}})`, legend: '{{fault}}' }],
    mappings: valueTexts({ 0: ['off', 'green'], 1: ['on', 'red'] }),
    thresholds: lowIsGood(1),
  }),
];

/** Is the API fast and right, which route is not, and why? */
export const api = (): Dashboard =>
  createDashboard({
    uid: 'api',
    description: 'Rate, errors and duration of the API; which route is slow or failing, and what it looks like inside.',
    variables: [instanceVariable('up{job="api"}'), intervalVariable('5m')],
    sections: [
      { title: 'Rate, errors, duration', panels: red },
      { title: 'Routes', panels: routes },
      { title: 'Errors and faults', panels: errors },
      { title: 'Objectives, probes and the process', panels: apiInternals(selector) },
    ],
  });
