import * as units from '@grafana/grafana-foundation-sdk/units';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { orZero } from '../promql.ts';
import { lowIsGood } from '../thresholds.ts';
import { processPanels } from './process-panels.ts';

const burn = (window: string, slo: string, budget: number) =>
  // no traffic in the window means no share: nothing burns
  `${orZero(`max(slo:bad:ratio_${window}{service="api",slo="${slo}"})`)} / ${budget}`;

const burnRate = (title: string, slo: string, budget: number): SizedPanel =>
  timeSeriesPanel({
    title,
    description:
      'How many times faster than sustainable the error budget is spent: at 1 it lasts exactly 30 days. 14.4 on 1 h pages, 6 on 6 h pages, 1 on 3 d is a ticket.',
    unit: units.Short,
    width: 8,
    decimals: 2,
    queries: ['5m', '1h', '6h', '3d'].map((window) => ({ expr: burn(window, slo, budget), legend: window })),
    thresholds: lowIsGood(14.4, 6),
  });

/**
 * The API's objectives, how it looks from outside, and its process.
 * @param selector label matchers of its replicas
 */
export const apiInternals = (selector: string): SizedPanel[] => [
  burnRate('Availability budget burn rate', 'availability', 0.005),
  burnRate('Latency budget burn rate', 'latency', 0.05),
  timeSeriesPanel({
    title: 'Probe duration',
    description:
      'How long the API took to answer the probes from outside. /health asks the database, /health/live does not.',
    unit: units.Seconds,
    width: 8,
    queries: [{ expr: 'max by (check) (probe_duration_seconds{job="probe",service="api"})', legend: '{{check}}' }],
    thresholds: lowIsGood(1),
  }),
  timeSeriesPanel({
    title: 'Connection pool',
    description:
      'PostgreSQL connections of all selected replicas. "waiting" above 0 means that the pool is too small or exhausted; "inserts waiting" are stored together by the next statement.',
    unit: units.Short,
    width: 8,
    decimals: 0,
    queries: [
      { expr: `sum by (state) (api_postgres_pool_connections{${selector}})`, legend: '{{state}}' },
      { expr: `sum(api_inserts_waiting{${selector}})`, legend: 'inserts waiting' },
    ],
    colors: { waiting: 'red' },
  }),
  timeSeriesPanel({
    title: 'Requests in flight',
    description: 'Requests accepted and not answered yet, per replica.',
    unit: units.Short,
    width: 8,
    decimals: 0,
    queries: [{ expr: `sum by (instance) (api_requests_in_flight{${selector}})`, legend: '{{instance}}' }],
  }),
  timeSeriesPanel({
    title: 'Transactions and retries',
    description:
      'Transactions created per second, the statements that stored those without a key, and requests with an Idempotency-Key: "replayed" are retries that did no harm.',
    unit: units.CountsPerSecond,
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
