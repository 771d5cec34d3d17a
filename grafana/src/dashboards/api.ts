import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { createDashboard } from '../create-dashboard.ts';
import { upOrDown } from '../mappings.ts';
import { count, perSecond, plain, seconds, share } from '../panel-units.ts';
import { heatmapPanel } from '../panels/heatmap-panel.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statPanel } from '../panels/stat-panel.ts';
import { tablePanel } from '../panels/table-panel.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { orZero, quantile, userRequests } from '../promql.ts';
import { highIsGood, lowIsGood } from '../thresholds.ts';
import { instanceVariable, intervalVariable } from '../variables.ts';
import { apiInternals, apiObjectives } from './api-internals.ts';
import { apiErrorShare, apiP95 } from './api-objectives.ts';
import { faultsOn, faultTimeline } from './fault-panels.ts';

const selector = 'job="api",instance=~"$instance"';
/** Each fault with 1 while it is on, on any selected replica. */
const faults = `max by (fault) (api_fault_active{${selector}})`;
const requests = (by: string, extra = '') =>
  `sum by (${by}) (rate(http_request_duration_seconds_count{${selector}${extra}}[$interval]))`;
const latency = (q: number) => quantile(q, 'http_request_duration_seconds', `${selector},${userRequests}`, '$interval');

const answered = (extra: string) =>
  `sum(rate(http_request_duration_seconds_count{${selector},${userRequests}${extra}}[$interval]))`;

const red: SizedPanel[] = [
  statPanel({
    title: 'Requests',
    description: 'Answered requests per second of all replicas, health checks included.',
    unit: perSecond,
    width: 4,
    decimals: 1,
    expr: 'sum(rate(http_request_duration_seconds_count{job="api"}[$interval]))',
  }),
  statPanel({
    title: 'Error share',
    description: 'Share of what users asked that was answered with a 5xx. APIErrorRateHigh fires over 5 %.',
    unit: share,
    width: 4,
    noValue: 'no requests',
    expr: apiErrorShare,
    thresholds: lowIsGood(0.05, 0.005),
  }),
  statPanel({
    title: 'Latency, p95',
    description: '95 % of what users asked took at most this long. APIHighLatency fires over 200 ms.',
    unit: seconds,
    width: 4,
    noValue: 'no requests',
    expr: apiP95,
    thresholds: lowIsGood(0.2, 0.15),
  }),
  statPanel({
    title: 'In flight',
    description: 'Requests accepted and not answered yet. Growing while the rate is flat means that something hangs.',
    unit: count,
    width: 4,
    expr: `sum(api_requests_in_flight{${selector}})`,
    thresholds: lowIsGood(100, 50),
  }),
  statPanel({
    title: 'Database',
    description: 'Whether every selected replica reached the database at its last health check.',
    unit: plain,
    width: 4,
    expr: `min(api_database_up{${selector}})`,
    mappings: upOrDown,
    thresholds: highIsGood(1),
  }),
  faultsOn(faults),
  timeSeriesPanel({
    title: 'Requests by status',
    description: 'Answered requests by status code. 499 is a client that went away before the answer.',
    unit: perSecond,
    axis: 'requests per second',
    width: 12,
    stacked: true,
    queries: [{ expr: requests('status_code'), legend: '{{status_code}}' }],
  }),
  timeSeriesPanel({
    title: 'Latency quantiles',
    description: 'What users asked of the selected replicas. The dashed line is the 200 ms objective for p95.',
    unit: seconds,
    noValue: 'no requests',
    width: 12,
    queries: [
      { expr: latency(0.5), legend: 'p50' },
      { expr: latency(0.95), legend: 'p95' },
      { expr: latency(0.99), legend: 'p99' },
    ],
    thresholds: lowIsGood(0.2),
    colors: { p50: 'green', p95: 'orange', p99: 'purple' },
  }),
];

const details: SizedPanel[] = [
  timeSeriesPanel({
    title: 'Error share',
    description: 'Share of what users asked that was answered with a 5xx. The dashed line is the limit of the alert.',
    unit: share,
    width: 12,
    softMax: 0.1,
    noValue: 'no requests',
    queries: [
      {
        // no 5xx yet means no such series: 0 errors
        expr: `${orZero(answered(',status_code=~"5.."'))} / (${answered('')} > 0)`,
        legend: '5xx share',
      },
    ],
    thresholds: lowIsGood(0.05),
    colors: { '5xx share': 'red' },
  }),
  heatmapPanel({
    title: 'Latency heat map',
    description:
      'How many requests fell into each latency bucket within the window. Two bands mean two kinds of requests: look at the routes.',
    unit: seconds,
    width: 12,
    expr: `sum by (le) (increase(http_request_duration_seconds_bucket{${selector}}[$interval]))`,
  }),
];

const routes: SizedPanel[] = [
  tablePanel({
    title: 'Top routes',
    description: 'The ten busiest routes: requests per second, p95 and 5xx share over the chosen window.',
    unit: count,
    width: 12,
    height: 10,
    exprs: [
      `topk(10, ${requests('method, path')})`,
      quantile(0.95, 'http_request_duration_seconds', selector, '$interval', ['method', 'path']),
      // a route without a 5xx has no such series: its share is 0
      `(${requests('method, path', ',status_code=~"5.."')} or ${requests('method, path')} * 0) / (${requests('method, path')} > 0)`,
    ],
    columns: [
      { field: 'path', title: 'Route' },
      { field: 'method', title: 'Method', width: 75 },
      { field: 'Value #A', title: 'Requests', unit: perSecond, decimals: 2, width: 90 },
      { field: 'Value #B', title: 'p95', unit: seconds, thresholds: lowIsGood(0.2, 0.15), width: 80 },
      { field: 'Value #C', title: '5xx', unit: share, thresholds: lowIsGood(0.05, 0.005), width: 70 },
    ],
    sortBy: 'Requests',
  }),
  timeSeriesPanel({
    title: 'Latency by route, p95',
    description: 'p95 of each route: which one makes the service slow?',
    unit: seconds,
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
    description: 'Problem answers by their catalogue code: bad requests as well as failures of our own.',
    unit: perSecond,
    axis: 'answers per second',
    width: 12,
    queries: [{ expr: `sum by (code) (rate(api_problems_total{${selector}}[$interval]))`, legend: '{{code}}' }],
  }),
  timeSeriesPanel({
    title: 'Failed database operations',
    description: 'By kind. "unavailable" is the database, "timeout" is load or locks, "retryable" heals by itself.',
    unit: perSecond,
    axis: 'operations per second',
    width: 12,
    queries: [{ expr: `sum by (kind) (rate(api_database_errors_total{${selector}}[$interval]))`, legend: '{{kind}}' }],
  }),
  faultTimeline(faults, '{{fault}}', 24),
];

/** Is the API fast and right, which route is not, and why? */
export const api = (): Dashboard =>
  createDashboard({
    uid: 'api',
    description: 'Rate, errors and duration of the API; which route is slow or failing, and what it looks like inside.',
    variables: [instanceVariable('up{job="api"}'), intervalVariable()],
    sections: [
      { title: 'Is it fast and right?', panels: red },
      { title: 'Routes', panels: routes, collapsed: true },
      { title: 'Errors and faults', panels: [...details, ...errors], collapsed: true },
      { title: 'Objectives and probes', panels: apiObjectives, collapsed: true },
      { title: 'Inside the process', panels: apiInternals(selector), collapsed: true },
    ],
  });
