import { count, share } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statPanel } from '../panels/stat-panel.ts';
import { highIsGood, lowIsGood } from '../thresholds.ts';
import { healedIn } from './healed.ts';

/** One sample a minute: a day of them. In a younger stack one fault would be many times the budget of what it has seen. */
const samplesOfADay = 1_440;

const badShare = (slo: string) => `max(slo:bad:ratio_30d{service="api",slo="${slo}"})`;

const objective = (title: string, what: string, slo: string, good: number): SizedPanel =>
  statPanel({
    title,
    description: `${what}, over the last 30 days or as far back as Prometheus keeps data. Health checks do not count. The objective is ${good * 100} %.`,
    unit: share,
    width: 6,
    decimals: 2,
    noValue: 'no requests yet',
    expr: `1 - ${badShare(slo)}`,
    thresholds: highIsGood(good),
  });

/** The share of bad requests in the objectives, over 30 days: shown in the details. */
export const objectives: SizedPanel[] = [
  objective('Availability, 30 days', 'Share of API requests answered without a 5xx', 'availability', 0.995),
  objective('Fast answers, 30 days', 'Share of API requests answered within 200 ms', 'latency', 0.95),
];

const budgetLeft = (title: string, slo: string): SizedPanel =>
  statPanel({
    title,
    description:
      'Part of the error budget of 30 days that is left. At 0 % it is spent: stop shipping risk and repair. Shown after one day of data.',
    unit: share,
    width: 4,
    decimals: 1,
    sparkline: false,
    noValue: 'after 1 day of data',
    expr: `clamp(max(slo:error_budget_left:ratio{service="api",slo="${slo}"}), 0, 1) and on () ${badShare(slo)} and on () sum(count_over_time(slo:requests:rate5m{service="api",slo="${slo}"}[30d])) >= ${samplesOfADay}`,
    thresholds: highIsGood(0.01, 0.25),
  });

/** How much of the budgets is left, and what the bot did about it. */
export const budgetsAndHealing: SizedPanel[] = [
  budgetLeft('Error budget', 'availability'),
  budgetLeft('Latency budget', 'latency'),
  statPanel({
    title: 'Healed, 24 h',
    description:
      'Repairs of the last 24 h that were verified and lasted: the target is healthy and the alert is gone. Scaling back is no repair.',
    unit: count,
    width: 4,
    drillDown: 'self-healing',
    sparkline: false,
    expr: healedIn('24h'),
  }),
  statPanel({
    title: 'Escalated, 24 h',
    description:
      'Incidents of the last 24 h that the bot could not heal and handed to a person. Each one needs somebody to look: see Self-healing.',
    unit: count,
    width: 4,
    drillDown: 'self-healing',
    sparkline: false,
    expr: 'round(sum(increase(alertbot_escalations_total{job="alert-bot"}[24h])))',
    thresholds: lowIsGood(1),
  }),
];
