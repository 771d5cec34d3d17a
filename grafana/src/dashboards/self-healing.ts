import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { createDashboard } from '../create-dashboard.ts';
import { valueTexts } from '../mappings.ts';
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
const outcomeColors = { healed: 'green', ineffective: 'orange', failed: 'red', unknown: 'purple' };

const readiness: SizedPanel[] = [
  statPanel({
    title: 'Open incidents',
    description: 'Incidents without a final outcome: being repaired, verified, waiting for approval or for a person.',
    unit: units.Short,
    width: 4,
    decimals: 0,
    expr: gauge('alertbot_open_incidents'),
    thresholds: lowIsGood(3, 1),
  }),
  statPanel({
    title: 'Actions waiting',
    description: 'Actions in the queue. One target is repaired at a time, so a short queue is normal during an outage.',
    unit: units.Short,
    width: 4,
    decimals: 0,
    expr: gauge('alertbot_queue_length'),
    thresholds: lowIsGood(10, 3),
  }),
  statPanel({
    title: 'In quarantine',
    description: 'Targets that repairs did not help and that the bot leaves alone until a person releases them.',
    unit: units.Short,
    width: 4,
    decimals: 0,
    expr: gauge('alertbot_quarantined_targets'),
    thresholds: lowIsGood(1),
  }),
  statPanel({
    title: 'Budget left this hour',
    description:
      'Actions that the bot may still take in this hour. At 0 it only tells people: something is wrong in a way restarts do not cure.',
    unit: units.Short,
    width: 4,
    decimals: 0,
    expr: `min(alertbot_budget_remaining{${selector}})`,
    thresholds: highIsGood(1, 6),
  }),
  statPanel({
    title: 'Mode',
    description: 'Paused means that a person told the bot to keep its hands off, for example during a deployment.',
    unit: units.NoUnit,
    width: 4,
    expr: gauge('alertbot_paused'),
    mappings: valueTexts({ 0: ['acting', 'green'], 1: ['paused', 'orange'] }),
    thresholds: lowIsGood(1),
  }),
  statPanel({
    title: 'Watchdog seen',
    description:
      'Time since the always firing alert last arrived. Over 3 minutes, alerts do not reach the bot. Years mean never.',
    unit: units.Seconds,
    width: 4,
    decimals: 0,
    expr: `time() - max(alertbot_last_watchdog_timestamp_seconds{${selector}})`,
    thresholds: lowIsGood(180, 90),
  }),
];

const results: SizedPanel[] = [
  timeSeriesPanel({
    title: 'Actions by outcome',
    description:
      'Finished actions within the rate window. Only "healed" is success: the target is healthy and the alert is gone.',
    unit: units.Short,
    width: 12,
    decimals: 0,
    stacked: true,
    queries: [
      {
        expr: `sum by (outcome) (round(increase(alertbot_actions_total{${selector}}[$interval])))`,
        legend: '{{outcome}}',
      },
    ],
    colors: outcomeColors,
  }),
  tablePanel({
    title: 'Actions in the last 24 h',
    description:
      'What the bot did to which service, and how it ended. Zeros are actions it could take and did not need.',
    unit: units.Short,
    width: 12,
    exprs: [`sum by (service, action, outcome) (round(increase(alertbot_actions_total{${selector}}[24h])))`],
    columns: [
      { field: 'service', title: 'Service' },
      { field: 'action', title: 'Action' },
      { field: 'outcome', title: 'Outcome' },
      { field: 'Value', title: 'Actions', unit: units.Short, decimals: 0 },
    ],
    sortBy: 'Actions',
  }),
  timeSeriesPanel({
    title: 'Incidents',
    description:
      'Open incidents, the queue, and targets in quarantine. All three come back to 0 when everything is healed.',
    unit: units.Short,
    width: 12,
    decimals: 0,
    queries: [
      { expr: gauge('alertbot_open_incidents'), legend: 'open' },
      { expr: gauge('alertbot_queue_length'), legend: 'queued' },
      { expr: gauge('alertbot_quarantined_targets'), legend: 'in quarantine' },
    ],
    colors: { 'in quarantine': 'red' },
  }),
  timeSeriesPanel({
    title: 'Budget left',
    description: 'Actions left in the hour. It sinks with each action and recovers as the hour passes.',
    unit: units.Short,
    width: 12,
    decimals: 0,
    queries: [{ expr: `min(alertbot_budget_remaining{${selector}})`, legend: 'left' }],
    thresholds: highIsGood(1),
  }),
];

/** What was healed, how fast, why not the rest, and can the bot still act? */
export const selfHealing = (): Dashboard =>
  createDashboard({
    uid: 'self-healing',
    description: 'What the alert bot did and why, how it ended, how long it took, and whether it can act now.',
    variables: [instanceVariable('up{job="alert-bot"}'), intervalVariable('5m')],
    sections: [
      { title: 'Can it act?', panels: readiness },
      { title: 'Incidents and outcomes', panels: results },
      { title: 'How long it takes', panels: timing(selector) },
      { title: 'Why', panels: decisions(selector) },
      { title: 'The path of an alert', panels: alertPath(selector) },
    ],
  });
