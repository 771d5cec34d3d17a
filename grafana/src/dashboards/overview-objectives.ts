import * as units from '@grafana/grafana-foundation-sdk/units';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statPanel } from '../panels/stat-panel.ts';
import { orZero } from '../promql.ts';
import { highIsGood, lowIsGood } from '../thresholds.ts';
import { healedIn } from './healed.ts';

const objective = (title: string, what: string, slo: string, good: number): SizedPanel =>
  statPanel({
    title,
    description: `${what}, over the last 30 days or as far back as Prometheus keeps data. Health checks do not count. The objective is ${good * 100} %.`,
    unit: units.PercentUnit,
    width: 4,
    decimals: 2,
    // no requests in the window means no share: nobody asked, so nobody was let down
    expr: `1 - ${orZero(`max(slo:bad:ratio_30d{service="api",slo="${slo}"})`)}`,
    thresholds: highIsGood(good),
  });

const budgetLeft = (title: string, slo: string): SizedPanel =>
  statPanel({
    title,
    description:
      'Part of the error budget that is left. At 0 % the objective is missed: stop shipping risk and repair. Below 0 % it is overspent.',
    unit: units.PercentUnit,
    width: 4,
    decimals: 1,
    expr: `max(slo:error_budget_left:ratio{service="api",slo="${slo}"})`,
    thresholds: highIsGood(0, 0.25),
  });

/** How much of the objectives is kept, and what the bot did for them. */
export const objectives: SizedPanel[] = [
  objective('Availability', 'Share of API requests answered without a 5xx', 'availability', 0.995),
  budgetLeft('Availability budget left', 'availability'),
  objective('Fast answers', 'Share of API requests answered within 200 ms', 'latency', 0.95),
  budgetLeft('Latency budget left', 'latency'),
  statPanel({
    title: 'Healed, last 24 h',
    description: 'Repairs of the bot that were verified: the target is healthy again and the alert is gone.',
    unit: units.Short,
    width: 4,
    decimals: 0,
    drillDown: 'self-healing',
    sparkline: false,
    expr: healedIn('24h'),
  }),
  statPanel({
    title: 'Handed to a person, last 24 h',
    description:
      'Incidents that the bot could not heal and escalated. Each one needs somebody to look: see Self-healing.',
    unit: units.Short,
    width: 4,
    decimals: 0,
    drillDown: 'self-healing',
    sparkline: false,
    expr: 'round(sum(increase(alertbot_escalations_total{job="alert-bot"}[24h])))',
    thresholds: lowIsGood(1),
  }),
];
