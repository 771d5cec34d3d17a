import { clock, count, plainSeconds } from '../panel-units.ts';
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
      title: `Heal, p${q * 100}, 24 h`,
      description:
        'Repairs of the last 24 h, from the moment the alert fired to the verified cure. Not counted: the time the rule itself needs to fire.',
      unit: clock,
      width: 4,
      sparkline: false,
      noValue: 'nothing healed yet',
      expr: `round(${quantile(q, 'alertbot_time_to_heal_seconds', selector, '24h')})`,
      thresholds: lowIsGood(300, 120),
    }),
  ),
  timeSeriesPanel({
    title: 'Detect, act, verify',
    description:
      'Mean seconds of each stage within the window: from firing to received, the action itself, from acted to verified. Waiting for its turn is in none of them.',
    unit: plainSeconds,
    width: 8,
    sparse: true,
    noValue: 'No incident in this time range',
    queries: [stage(selector, 'detect', 'detect'), stage(selector, 'act', 'act'), stage(selector, 'verify', 'verify')],
    colors: { detect: 'orange', act: 'blue', verify: 'green' },
  }),
  timeSeriesPanel({
    title: 'Time to heal',
    description: 'Mean seconds from firing to the verified cure, of the repairs that ended within the window.',
    unit: plainSeconds,
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
      'Why the bot acted or did not, within the window. "duplicate" and "in_progress" are healthy: it did not act twice.',
    unit: count,
    width: 12,
    stacked: true,
    queries: [
      {
        expr: `sum by (reason) (round(increase(alertbot_decisions_total{${selector}}[$interval])))`,
        legend: '{{reason}}',
      },
    ],
  }),
  tablePanel({
    title: 'Decisions, 24 h',
    description: 'Those of the last 24 h as a list. The README of the bot explains every reason.',
    unit: count,
    width: 6,
    exprs: [`sum by (reason) (round(increase(alertbot_decisions_total{${selector}}[24h])))`],
    columns: [
      { field: 'reason', title: 'Reason' },
      { field: 'Value', title: 'Decisions', unit: count, width: 95 },
    ],
    sortBy: 'Decisions',
  }),
  timeSeriesPanel({
    title: 'Escalations',
    description: 'Incidents handed to a person within the window, by service.',
    unit: count,
    width: 6,
    queries: [
      {
        expr: `sum by (project, service) (round(increase(alertbot_escalations_total{${selector}}[$interval])))`,
        legend: '{{project}}/{{service}}',
      },
    ],
  }),
];
