import { count, perSecond, seconds, share, times } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { lowIsGood } from '../thresholds.ts';
import { allRoutesErrorShare, allRoutesP95 } from './api-objectives.ts';
import { processPanels } from './process-panels.ts';

const burn = (window: string, slo: string, budget: number) =>
  `max(slo:bad:ratio_${window}{service="api",slo="${slo}"}) / ${budget}`;

const burnRate = (title: string, slo: string, budget: number): SizedPanel =>
  timeSeriesPanel({
    title,
    description:
      'How many times faster than sustainable the error budget is spent: at 1 it lasts exactly 30 days. 14.4 on 1 h pages, 6 on 6 h pages, 1 on 3 d is a ticket. Without requests there is no rate.',
    unit: times,
    width: 12,
    decimals: 1,
    noValue: 'no requests',
    queries: ['5m', '1h', '6h', '3d'].map((window) => ({ expr: burn(window, slo, budget), legend: window })),
    thresholds: lowIsGood(14.4, 6),
  });

/** The API's objectives, and how it looks from outside. */
export const apiObjectives: SizedPanel[] = [
  burnRate('Availability budget burn rate', 'availability', 0.005),
  burnRate('Latency budget burn rate', 'latency', 0.05),
  timeSeriesPanel({
    title: 'All routes: p95, 5 min',
    description: 'Everything that the API answers, health checks included, in a fixed window of five minutes.',
    unit: seconds,
    width: 8,
    queries: [{ expr: allRoutesP95, legend: 'p95' }],
    thresholds: lowIsGood(0.2),
  }),
  timeSeriesPanel({
    title: 'All routes: 5xx share, 5 min',
    description: 'Everything that the API answers, health checks included, in a fixed window of five minutes.',
    unit: share,
    width: 8,
    softMax: 0.1,
    queries: [{ expr: allRoutesErrorShare, legend: '5xx share' }],
    thresholds: lowIsGood(0.05),
    colors: { '5xx share': 'red' },
  }),
  timeSeriesPanel({
    title: 'Probe duration',
    description:
      'How long the API took to answer the probes from outside. /health asks the database, /health/live does not.',
    unit: seconds,
    width: 8,
    queries: [{ expr: 'max by (check) (probe_duration_seconds{job="probe",service="api"})', legend: '{{check}}' }],
    thresholds: lowIsGood(1),
  }),
];

/**
 * What the API looks like inside.
 * @param selector label matchers of its replicas
 */
export const apiInternals = (selector: string): SizedPanel[] => [
  timeSeriesPanel({
    title: 'Connection pool',
    description:
      'PostgreSQL connections of all selected replicas. "waiting" above 0 means that the pool is too small or exhausted; "inserts waiting" are stored together by the next statement.',
    unit: count,
    width: 8,
    queries: [
      { expr: `sum by (state) (api_postgres_pool_connections{${selector}})`, legend: '{{state}}' },
      { expr: `sum(api_inserts_waiting{${selector}})`, legend: 'inserts waiting' },
    ],
    colors: { waiting: 'red', idle: 'green', total: 'blue' },
  }),
  timeSeriesPanel({
    title: 'Requests in flight',
    description: 'Requests accepted and not answered yet, per replica.',
    unit: count,
    width: 8,
    queries: [{ expr: `sum by (instance) (api_requests_in_flight{${selector}})`, legend: '{{instance}}' }],
  }),
  timeSeriesPanel({
    title: 'Transactions and retries',
    description:
      'Transactions created, the statements that stored those without a key, and requests with an Idempotency-Key: "replayed" are retries that did no harm.',
    unit: perSecond,
    axis: 'events per second',
    width: 8,
    queries: [
      { expr: `sum(rate(api_transactions_created_total{${selector}}[$interval]))`, legend: 'created' },
      { expr: `sum(rate(api_insert_statements_total{${selector}}[$interval]))`, legend: 'insert statements' },
      {
        expr: `sum by (result) (rate(api_idempotent_requests_total{${selector}}[$interval]))`,
        legend: 'key: {{result}}',
      },
    ],
  }),
  ...processPanels(selector),
];
