import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { createDashboard } from '../create-dashboard.ts';
import { runbooksLink } from '../links.ts';
import { upOrDown } from '../mappings.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statPanel } from '../panels/stat-panel.ts';
import { statePanel } from '../panels/state-panel.ts';
import { tablePanel } from '../panels/table-panel.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { orZero } from '../promql.ts';
import { highIsGood, lowIsGood } from '../thresholds.ts';
import { instanceVariable, intervalVariable } from '../variables.ts';
import { apiErrorShare, apiP95 } from './api-objectives.ts';
import { objectives } from './overview-objectives.ts';

const health: SizedPanel[] = [
  statPanel({
    title: 'API from outside',
    description:
      'Whether the blackbox exporter gets an answer from /health/live. Down for 30 s fires APIDown, and the bot restarts the API.',
    unit: units.NoUnit,
    width: 4,
    drillDown: 'api',
    expr: 'max(probe_success{job="probe",service="api",check="live"})',
    mappings: upOrDown,
    thresholds: highIsGood(1),
  }),
  statPanel({
    title: 'Targets down',
    description: 'Replicas and exporters that Prometheus knows and cannot scrape. The timeline below names them.',
    unit: units.NoUnit,
    width: 4,
    // `up == 0` has no series while everything answers
    expr: orZero('count(up == 0)'),
    thresholds: lowIsGood(1),
  }),
  statPanel({
    title: 'Alerts firing',
    description: 'Critical and warning alerts that fire now. The table below says which, the runbook what to do.',
    unit: units.NoUnit,
    width: 4,
    // ALERTS exists only while something fires
    expr: orZero('count(ALERTS{alertstate="firing",severity=~"critical|warning"})'),
    thresholds: lowIsGood(1),
  }),
  statPanel({
    title: 'API latency, p95',
    description: '95 % of the requests of the last 5 minutes took at most this long. The objective is 200 ms.',
    unit: units.Seconds,
    width: 4,
    drillDown: 'api',
    expr: apiP95,
    thresholds: lowIsGood(0.2, 0.15),
  }),
  statPanel({
    title: 'API error share',
    description: 'Share of the requests of the last 5 minutes that were answered with a 5xx. The alert is at 5 %.',
    unit: units.PercentUnit,
    width: 4,
    drillDown: 'api',
    expr: apiErrorShare,
    thresholds: lowIsGood(0.05, 0.005),
  }),
  statPanel({
    title: 'Pending backlog',
    description:
      'Transactions that wait to be settled. Over 500 for a minute, the bot scales the worker to three replicas.',
    unit: units.Short,
    width: 4,
    drillDown: 'worker',
    expr: 'max(worker_backlog_transactions{job="worker"})',
    thresholds: lowIsGood(500, 300),
  }),
];

const now: SizedPanel[] = [
  statePanel({
    title: 'Targets',
    description:
      'Whether Prometheus can scrape each part of the stack. A service is up when all of its selected replicas are.',
    unit: units.NoUnit,
    width: 8,
    height: 10,
    queries: [{ expr: 'min by (job) (up{instance=~"$instance"})', legend: '{{job}}' }],
    mappings: upOrDown,
    thresholds: highIsGood(1),
  }),
  tablePanel({
    title: 'Firing now',
    description: 'Every alert that fires, without the Watchdog that always does. Empty is what you want to see.',
    unit: units.NoUnit,
    width: 8,
    height: 10,
    noValue: 'Nothing is firing',
    links: [runbooksLink],
    exprs: [
      'max by (alertname, service, severity, instance) (ALERTS{alertstate="firing",severity=~"critical|warning"})',
    ],
    columns: [
      { field: 'alertname', title: 'Alert' },
      { field: 'service', title: 'Service' },
      { field: 'severity', title: 'Severity' },
      { field: 'instance', title: 'Instance' },
    ],
  }),
  tablePanel({
    title: 'Repaired, last 24 h',
    description: 'What the bot did and how it ended. Only "healed" is success; Self-healing tells the whole story.',
    unit: units.Short,
    width: 8,
    height: 10,
    noValue: 'Nothing had to be repaired',
    exprs: ['sum by (service, action, outcome) (round(increase(alertbot_actions_total{job="alert-bot"}[24h]))) > 0'],
    columns: [
      { field: 'service', title: 'Service' },
      { field: 'action', title: 'Action' },
      { field: 'outcome', title: 'Outcome' },
      { field: 'Value', title: 'Times', decimals: 0 },
    ],
    sortBy: 'Times',
  }),
];

const story: SizedPanel[] = [
  timeSeriesPanel({
    title: 'Requests per second',
    description: 'Answered requests of each service, health checks and webhooks included.',
    unit: units.RequestsPerSecond,
    width: 12,
    queries: [
      {
        expr: 'sum by (job) (rate(http_request_duration_seconds_count{job=~"api|worker|alert-bot",instance=~"$instance"}[$interval]))',
        legend: '{{job}}',
      },
    ],
  }),
  timeSeriesPanel({
    title: 'Latency, p95',
    description: 'p95 of each service over 5 minutes, as recorded. The dashed line is the objective of the API.',
    unit: units.Seconds,
    width: 12,
    queries: [{ expr: 'job:http_request_duration_seconds:p95_rate5m', legend: '{{job}}' }],
    thresholds: lowIsGood(0.2),
  }),
  timeSeriesPanel({
    title: 'Pending backlog',
    description: 'Transactions that wait to be settled, and the line at which the bot adds workers.',
    unit: units.Short,
    width: 12,
    queries: [{ expr: 'max(worker_backlog_transactions{job="worker"})', legend: 'pending' }],
    thresholds: lowIsGood(500),
  }),
  timeSeriesPanel({
    title: 'Replicas that answer',
    description:
      'Replicas of each service that Prometheus can scrape: the worker steps up and down when the bot scales it.',
    unit: units.Short,
    width: 12,
    decimals: 0,
    queries: [{ expr: 'sum by (job) (up{job=~"api|worker|alert-bot"})', legend: '{{job}}' }],
  }),
];

/** Is it healthy, how much of the objectives is left, what is firing, and what was healed? */
export const overview = (): Dashboard =>
  createDashboard({
    uid: 'overview',
    description: 'Is the stack healthy, how much of the error budget is left, what is firing, what was healed?',
    variables: [instanceVariable('up'), intervalVariable('1m')],
    sections: [
      { title: 'Is it healthy?', panels: health },
      { title: 'Objectives and healing', panels: objectives },
      { title: 'What is down, firing, repaired', panels: now },
      { title: 'What happened', panels: story },
    ],
  });
