import * as units from '@grafana/grafana-foundation-sdk/units';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statPanel } from '../panels/stat-panel.ts';
import { tablePanel } from '../panels/table-panel.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { mean, quantile } from '../promql.ts';
import { lowIsGood } from '../thresholds.ts';

const stage = (selector: string, name: string, legend: string) => ({
  expr: mean(`alertbot_${name}_seconds`, selector, '$interval'),
  legend,
});

/**
 * How long detecting, acting, verifying and healing take.
 * @param selector label matchers of the alert bot
 */
export const timing = (selector: string): SizedPanel[] => [
  ...[0.5, 0.95].map((q) =>
    statPanel({
      title: `Time to heal, p${q * 100}, last 24 h`,
      description:
        'From the moment the alert fired to the verified cure. Not counted: the time the rule itself needs to fire.',
      unit: units.Seconds,
      width: 4,
      sparkline: false,
      noValue: 'nothing healed yet',
      expr: quantile(q, 'alertbot_time_to_heal_seconds', selector, '24h'),
      thresholds: lowIsGood(300, 120),
    }),
  ),
  timeSeriesPanel({
    title: 'Detect, act, verify',
    description:
      'Mean seconds of each stage within the rate window: firing to received, received to acted, acted to verified.',
    unit: units.Seconds,
    width: 8,
    sparse: true,
    noValue: 'No incident in this time range',
    queries: [stage(selector, 'detect', 'detect'), stage(selector, 'act', 'act'), stage(selector, 'verify', 'verify')],
  }),
  timeSeriesPanel({
    title: 'Time to heal',
    description: 'Mean seconds from firing to the verified cure, of the repairs that ended within the rate window.',
    unit: units.Seconds,
    width: 8,
    sparse: true,
    noValue: 'Nothing was healed in this time range',
    queries: [stage(selector, 'time_to_heal', 'time to heal')],
  }),
];

/**
 * Why the bot acted or did not.
 * @param selector label matchers of the alert bot
 */
export const decisions = (selector: string): SizedPanel[] => [
  timeSeriesPanel({
    title: 'Decisions by reason',
    description:
      'Why the bot acted or did not, within the rate window. "duplicate" and "in_progress" are healthy: it did not act twice.',
    unit: units.Short,
    width: 12,
    decimals: 0,
    stacked: true,
    queries: [
      {
        expr: `sum by (reason) (round(increase(alertbot_decisions_total{${selector}}[$interval])))`,
        legend: '{{reason}}',
      },
    ],
  }),
  tablePanel({
    title: 'Decisions in the last 24 h',
    description: 'The same as a list. The README of the bot explains every reason.',
    unit: units.Short,
    width: 6,
    exprs: [`sum by (reason) (round(increase(alertbot_decisions_total{${selector}}[24h])))`],
    columns: [
      { field: 'reason', title: 'Reason' },
      { field: 'Value', title: 'Decisions', unit: units.Short, decimals: 0 },
    ],
    sortBy: 'Decisions',
  }),
  timeSeriesPanel({
    title: 'Escalations',
    description: 'Incidents handed to a person within the rate window, by service.',
    unit: units.Short,
    width: 6,
    decimals: 0,
    queries: [
      {
        expr: `sum by (service) (round(increase(alertbot_escalations_total{${selector}}[$interval])))`,
        legend: '{{service}}',
      },
    ],
  }),
];
