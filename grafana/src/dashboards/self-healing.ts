import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { createDashboard } from '../create-dashboard.ts';
import { valueTexts } from '../mappings.ts';
import { clock, count, plain } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statPanel } from '../panels/stat-panel.ts';
import { tablePanel } from '../panels/table-panel.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { highIsGood, lowIsGood } from '../thresholds.ts';
import { instanceVariable, intervalVariable } from '../variables.ts';
import { alertPath } from './alert-path.ts';
import { decisions, timing } from './healing-times.ts';

const selector = 'job="alert-bot",instance=~"$instance"';
const gauge = (name: string) => `max(${name}{${selector}})`;

const readiness: SizedPanel[] = [
  statPanel({
    title: 'Open incidents',
    description: 'Incidents without a final outcome: being repaired, verified, waiting for approval or for a person.',
    unit: count,
    width: 4,
    expr: gauge('alertbot_open_incidents'),
    thresholds: lowIsGood(3, 1),
  }),
  statPanel({
    title: 'Actions waiting',
    description: 'Actions in the queue. One target is repaired at a time, so a short queue is normal during an outage.',
    unit: count,
    width: 4,
    expr: gauge('alertbot_queue_length'),
    thresholds: lowIsGood(10, 3),
  }),
  statPanel({
    title: 'In quarantine',
    description: 'Targets that repairs did not help and that the bot leaves alone until a person releases them.',
    unit: count,
    width: 4,
    expr: gauge('alertbot_quarantined_targets'),
    thresholds: lowIsGood(1),
  }),
  statPanel({
    title: 'Actions left',
    description:
      'Actions that the bot may still take in this hour. At 0 it only tells people: something is wrong in a way restarts do not cure.',
    unit: count,
    width: 4,
    expr: `min(alertbot_budget_remaining{${selector}})`,
    thresholds: highIsGood(1, 6),
  }),
  statPanel({
    title: 'Mode',
    description: 'Paused means that a person told the bot to keep its hands off, for example during a deployment.',
    unit: plain,
    width: 4,
    expr: gauge('alertbot_paused'),
    mappings: valueTexts({ 0: ['acting', 'green'], 1: ['paused', 'orange'] }),
    thresholds: lowIsGood(1),
  }),
  statPanel({
    title: 'Watchdog seen',
    description: 'Time since the always firing alert last arrived. Over 3 minutes, alerts do not reach the bot.',
    unit: clock,
    width: 4,
    noValue: 'never',
    // 0 is no time: the Watchdog has not come in since the bot's memory began
    expr: `round(time() - (max(alertbot_last_watchdog_timestamp_seconds{${selector}}) > 0))`,
    thresholds: lowIsGood(180, 90),
  }),
];

const results: SizedPanel[] = [
  timeSeriesPanel({
    title: 'Actions by outcome',
    description:
      'Finished actions within the window. Only "healed" is success: the target is healthy and the alert is gone.',
    unit: count,
    width: 10,
    stacked: true,
    queries: [
      {
        expr: `sum by (outcome) (round(increase(alertbot_actions_total{${selector}}[$interval])))`,
        legend: '{{outcome}}',
      },
    ],
  }),
  tablePanel({
    title: 'Actions, 24 h',
    description:
      'What the bot did to which service, and how it ended. Zeros are actions it could take and did not need.',
    unit: count,
    width: 14,
    exprs: [
      `sum by (project, service, action, purpose, outcome) (round(increase(alertbot_actions_total{${selector}}[24h])))`,
    ],
    columns: [
      { field: 'service', title: 'Service' },
      { field: 'project', title: 'Project', width: 160 },
      { field: 'action', title: 'Action', width: 70 },
      { field: 'purpose', title: 'Purpose', width: 95 },
      { field: 'outcome', title: 'Outcome', width: 90 },
      { field: 'Value', title: 'Actions', unit: count, width: 70 },
    ],
    sortBy: 'Actions',
  }),
];

const incidents: SizedPanel[] = [
  timeSeriesPanel({
    title: 'Incidents',
    description:
      'Open incidents, the queue, and targets in quarantine. All three come back to 0 when everything is healed.',
    unit: count,
    width: 12,
    queries: [
      { expr: gauge('alertbot_open_incidents'), legend: 'open' },
      { expr: gauge('alertbot_queue_length'), legend: 'queued' },
      { expr: gauge('alertbot_quarantined_targets'), legend: 'in quarantine' },
    ],
    colors: { open: 'orange', queued: 'blue', 'in quarantine': 'red' },
  }),
  timeSeriesPanel({
    title: 'Budget left',
    description: 'Actions left in the hour. It sinks with each action and recovers as the hour passes.',
    unit: count,
    width: 12,
    queries: [{ expr: `min(alertbot_budget_remaining{${selector}})`, legend: 'left' }],
    thresholds: highIsGood(1),
  }),
];

/** What was healed, how fast, why not the rest, and can the bot still act? */
export const selfHealing = (): Dashboard =>
  createDashboard({
    uid: 'self-healing',
    description: 'What the alert bot did and why, how it ended, how long it took, and whether it can act now.',
    variables: [instanceVariable('up{job="alert-bot"}'), intervalVariable()],
    sections: [
      { title: 'Can it act, and what did it do?', panels: [...readiness, ...results] },
      { title: 'Incidents', panels: incidents, collapsed: true },
      { title: 'How long it takes', panels: timing(selector), collapsed: true },
      { title: 'Why', panels: decisions(selector), collapsed: true },
      { title: 'The path of an alert', panels: alertPath(selector), collapsed: true },
    ],
  });
