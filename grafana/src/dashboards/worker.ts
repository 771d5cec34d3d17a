import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { createDashboard } from '../create-dashboard.ts';
import { clock, count, perSecond, plainSeconds, seconds, share } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statPanel } from '../panels/stat-panel.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { quantile } from '../promql.ts';
import { highIsGood, lowIsGood } from '../thresholds.ts';
import { instanceVariable, intervalVariable } from '../variables.ts';
import { processPanels } from './process-panels.ts';
import { connections, loops, selector } from './worker-loops.ts';

const settledRate = `sum(rate(worker_transactions_settled_total{${selector}}[$interval]))`;
const batchTime = (q: number) => quantile(q, 'worker_batch_duration_seconds', selector, '$interval', ['loop']);

const keepingUp: SizedPanel[] = [
  statPanel({
    title: 'Pending backlog',
    description: 'Transactions that wait to be settled. Over 500 for a minute, the bot scales to three replicas.',
    unit: count,
    width: 4,
    // every replica reports the same table
    expr: 'max(worker_backlog_transactions{job="worker"})',
    thresholds: lowIsGood(500, 300),
  }),
  statPanel({
    title: 'Oldest pending',
    description: 'Age of the oldest transaction that waits. Grows while the backlog does not: one of them is stuck.',
    unit: clock,
    width: 4,
    expr: 'round(max(worker_oldest_pending_age_seconds{job="worker"}))',
    thresholds: lowIsGood(120, 60),
  }),
  statPanel({
    title: 'Replicas',
    description: 'Worker replicas that answer Prometheus. One normally, three while the bot works off a backlog.',
    unit: count,
    width: 4,
    expr: 'sum(up{job="worker"})',
    thresholds: highIsGood(1),
  }),
  statPanel({
    title: 'Settled',
    description: 'Transactions settled per second by the selected replicas, whatever their outcome.',
    unit: perSecond,
    width: 4,
    decimals: 1,
    expr: settledRate,
  }),
  statPanel({
    title: 'Capacity used',
    description:
      'Settled transactions as a share of what the settings of the replicas allow. Near 100 %, a backlog is next.',
    unit: share,
    width: 4,
    expr: `${settledRate} / sum(worker_settle_capacity{${selector}})`,
    thresholds: lowIsGood(0.95, 0.8),
  }),
  statPanel({
    title: 'Slowest progress',
    description:
      'Seconds since the settle loop of the slowest replica finished a batch. Over 60 s, WorkerStalled restarts it.',
    unit: clock,
    width: 4,
    expr: `round(max(time() - worker_last_progress_timestamp_seconds{${selector},loop="settle"}))`,
    thresholds: lowIsGood(60, 30),
  }),
  timeSeriesPanel({
    title: 'Pending backlog',
    description: 'Transactions that wait to be settled. The dashed line is where WorkerBacklogHigh begins.',
    unit: count,
    width: 12,
    queries: [{ expr: 'max(worker_backlog_transactions{job="worker"})', legend: 'pending' }],
    thresholds: lowIsGood(500),
  }),
  timeSeriesPanel({
    title: 'Throughput per replica',
    description: 'Settled transactions, stacked by replica, under what all of them together can do.',
    unit: perSecond,
    axis: 'transactions per second',
    width: 12,
    stacked: true,
    queries: [
      {
        expr: `sum by (instance) (rate(worker_transactions_settled_total{${selector}}[$interval]))`,
        legend: '{{instance}}',
      },
      { expr: `sum(worker_settle_capacity{${selector}})`, legend: 'capacity' },
    ],
    limits: ['capacity'],
    colors: { capacity: 'red' },
  }),
];

const times: SizedPanel[] = [
  timeSeriesPanel({
    title: 'Age of the oldest pending transaction',
    description: 'How long the one that waits longest has waited: what a customer feels.',
    unit: plainSeconds,
    width: 12,
    queries: [{ expr: 'max(worker_oldest_pending_age_seconds{job="worker"})', legend: 'oldest pending' }],
    thresholds: lowIsGood(60),
  }),
  timeSeriesPanel({
    title: 'Batch time',
    description:
      'Median and p95 duration of one batch of each loop, waits for the simulated payment processor included.',
    unit: seconds,
    width: 12,
    queries: [
      { expr: batchTime(0.5), legend: '{{loop}} p50' },
      { expr: batchTime(0.95), legend: '{{loop}} p95' },
    ],
  }),
];

/** Does the worker keep up, and which replica does not? */
export const worker = (): Dashboard =>
  createDashboard({
    uid: 'worker',
    description: 'Does the worker keep up with what comes in: backlog, throughput per replica, batch time, stalls.',
    variables: [instanceVariable('up{job="worker"}'), intervalVariable()],
    sections: [
      { title: 'Is it keeping up?', panels: keepingUp },
      { title: 'How long it takes', panels: times, collapsed: true },
      { title: 'Loops and faults', panels: loops, collapsed: true },
      { title: 'Process', panels: [...processPanels(selector), connections], collapsed: true },
    ],
  });
