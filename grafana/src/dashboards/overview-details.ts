import { upOrDown } from '../mappings.ts';
import { count, perSecond, plain, seconds, share } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statePanel } from '../panels/state-panel.ts';
import { tablePanel } from '../panels/table-panel.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { quantile } from '../promql.ts';
import { highIsGood, lowIsGood } from '../thresholds.ts';
import { apiErrorShare } from './api-objectives.ts';
import { faults, faultTimeline } from './fault-panels.ts';

const ours = 'job=~"api|worker|alert-bot",instance=~"$instance"';

/** What came in, and how it was answered. */
export const traffic: SizedPanel[] = [
  timeSeriesPanel({
    title: 'Requests',
    description: 'Answered requests of each service, health checks and webhooks included.',
    unit: perSecond,
    axis: 'requests per second',
    width: 12,
    queries: [
      { expr: `sum by (job) (rate(http_request_duration_seconds_count{${ours}}[$interval]))`, legend: '{{job}}' },
    ],
  }),
  timeSeriesPanel({
    title: 'API error share',
    description: 'Share of what users asked that was answered with a 5xx. The dashed line is the limit of the alert.',
    unit: share,
    width: 12,
    softMax: 0.1,
    noValue: 'no requests',
    queries: [{ expr: apiErrorShare, legend: '5xx share' }],
    thresholds: lowIsGood(0.05),
    colors: { '5xx share': 'red' },
  }),
  timeSeriesPanel({
    title: 'Latency of each service, p95',
    description: 'All requests of each service, health checks and webhooks included. The dashed line is 200 ms.',
    unit: seconds,
    width: 12,
    queries: [{ expr: quantile(0.95, 'http_request_duration_seconds', ours, '$interval', ['job']), legend: '{{job}}' }],
    thresholds: lowIsGood(0.2),
  }),
  timeSeriesPanel({
    title: 'Pending backlog',
    description: 'Transactions that wait to be settled, and the line at which the bot adds workers.',
    unit: count,
    width: 12,
    queries: [{ expr: 'max(worker_backlog_transactions{job="worker"})', legend: 'pending' }],
    thresholds: lowIsGood(500),
  }),
];

/** What runs, and what somebody broke on purpose. */
export const services: SizedPanel[] = [
  statePanel({
    title: 'Targets',
    description:
      'Whether Prometheus can scrape each part of the stack. A service is up when all of its selected replicas are.',
    unit: plain,
    width: 12,
    height: 11,
    queries: [{ expr: 'min by (job) (up{instance=~"$instance"})', legend: '{{job}}' }],
    mappings: upOrDown,
    thresholds: highIsGood(1),
  }),
  faultTimeline(faults, '{{job}}: {{fault}}', 12, 11),
  timeSeriesPanel({
    title: 'Replicas that answer',
    description:
      'Replicas of each service that Prometheus can scrape: the worker steps up and down when the bot scales it.',
    unit: count,
    width: 24,
    height: 7,
    queries: [{ expr: 'sum by (job) (up{job=~"api|worker|alert-bot"})', legend: '{{job}}' }],
  }),
];

/** What the bot did. */
export const repairs: SizedPanel[] = [
  tablePanel({
    title: 'Repaired, 24 h',
    description:
      'What the bot did in the last 24 h and how it ended. Only "healed" is success; Self-healing tells the whole story.',
    unit: count,
    width: 12,
    height: 8,
    noValue: 'Nothing had to be repaired',
    exprs: [
      'sum by (project, service, action, outcome) (round(increase(alertbot_actions_total{job="alert-bot",purpose="repair"}[24h]))) > 0',
    ],
    columns: [
      { field: 'service', title: 'Service' },
      { field: 'project', title: 'Project', width: 160 },
      { field: 'action', title: 'Action', width: 80 },
      { field: 'outcome', title: 'Outcome', width: 100 },
      { field: 'Value', title: 'Times', unit: count, width: 80 },
    ],
    sortBy: 'Times',
  }),
];
