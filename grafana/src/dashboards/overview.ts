import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { createDashboard } from '../create-dashboard.ts';
import { botLink } from '../links.ts';
import { upOrDown } from '../mappings.ts';
import { count, plain, seconds, share } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statPanel } from '../panels/stat-panel.ts';
import { tablePanel } from '../panels/table-panel.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { orZero } from '../promql.ts';
import { highIsGood, lowIsGood } from '../thresholds.ts';
import { instanceVariable, intervalVariable } from '../variables.ts';
import { apiErrorShare, apiP95 } from './api-objectives.ts';
import { faults, faultsOn } from './fault-panels.ts';
import { repairs, services, traffic } from './overview-details.ts';
import { budgetsAndHealing, objectives } from './overview-objectives.ts';

const health: SizedPanel[] = [
  statPanel({
    title: 'API from outside',
    description:
      'Whether the blackbox exporter gets an answer from /health/live. Down for 30 s fires APIDown, and the bot restarts the API.',
    unit: plain,
    width: 4,
    drillDown: 'api',
    expr: 'max(probe_success{job="probe",service="api",check="live"})',
    mappings: upOrDown,
    thresholds: highIsGood(1),
  }),
  statPanel({
    title: 'Targets down',
    description: 'Replicas and exporters that Prometheus knows and cannot scrape. "Services" below names them.',
    unit: count,
    width: 4,
    // `up == 0` has no series while everything answers
    expr: orZero('count(up == 0)'),
    thresholds: lowIsGood(1),
  }),
  statPanel({
    title: 'Alerts firing',
    description: 'Critical and warning alerts that fire now. The table below says which, the runbook what to do.',
    unit: count,
    width: 4,
    // ALERTS exists only while something fires
    expr: orZero('count(ALERTS{alertstate="firing",severity=~"critical|warning"})'),
    thresholds: lowIsGood(1),
  }),
  faultsOn(faults),
  statPanel({
    title: 'API latency, p95',
    description:
      '95 % of what users asked took at most this long. Above 200 ms, APIHighLatency fires; it judges the same requests in one minute.',
    unit: seconds,
    width: 4,
    drillDown: 'api',
    noValue: 'no requests',
    expr: apiP95,
    thresholds: lowIsGood(0.2, 0.15),
  }),
  statPanel({
    title: 'API error share',
    description:
      'Share of what users asked that was answered with a 5xx. Above 5 %, APIErrorRateHigh fires; it judges the same requests.',
    unit: share,
    width: 4,
    drillDown: 'api',
    noValue: 'no requests',
    expr: apiErrorShare,
    thresholds: lowIsGood(0.05, 0.005),
  }),
  statPanel({
    title: 'Pending backlog',
    description:
      'Transactions that wait to be settled. Over 500 for a minute, the bot scales the worker to three replicas.',
    unit: count,
    width: 4,
    drillDown: 'worker',
    expr: 'max(worker_backlog_transactions{job="worker"})',
    thresholds: lowIsGood(500, 300),
  }),
  statPanel({
    title: 'Open incidents',
    description: 'Incidents without a final outcome: being repaired, verified, waiting for approval or for a person.',
    unit: count,
    width: 4,
    drillDown: 'self-healing',
    expr: 'max(alertbot_open_incidents{job="alert-bot"})',
    thresholds: lowIsGood(3, 1),
  }),
  ...budgetsAndHealing,
  timeSeriesPanel({
    title: 'API latency, p95',
    description: 'What users asked, with marks for what fired and what the bot did. The dashed line is the objective.',
    unit: seconds,
    width: 12,
    height: 8,
    noValue: 'no requests',
    queries: [{ expr: apiP95, legend: 'p95' }],
    thresholds: lowIsGood(0.2),
    colors: { p95: 'blue' },
  }),
  tablePanel({
    title: 'Firing now',
    description: 'Every alert that fires, without the Watchdog that always does. Empty is what you want to see.',
    unit: count,
    width: 12,
    height: 8,
    noValue: 'Nothing is firing',
    links: [botLink('Runbooks', '/runbooks'), botLink('Console', '/')],
    exprs: [
      'max by (alertname, service, severity, instance) (ALERTS{alertstate="firing",severity=~"critical|warning"})',
    ],
    columns: [
      { field: 'alertname', title: 'Alert' },
      { field: 'service', title: 'Service', width: 100 },
      { field: 'severity', title: 'Severity', width: 80 },
      { field: 'instance', title: 'Instance', width: 130 },
    ],
  }),
];

/** Is it healthy, how much of the objectives is left, what is firing, and what was healed? */
export const overview = (): Dashboard =>
  createDashboard({
    uid: 'overview',
    description: 'Is the stack healthy, how much of the error budget is left, what is firing, what was healed?',
    variables: [instanceVariable('up'), intervalVariable()],
    sections: [
      { title: 'Is it healthy?', panels: health },
      { title: 'Traffic', panels: traffic, collapsed: true },
      { title: 'Services and faults', panels: services, collapsed: true },
      { title: 'Repairs and objectives', panels: [...repairs, ...objectives], collapsed: true },
    ],
  });
