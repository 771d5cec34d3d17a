import { valueTexts } from '../mappings.ts';
import { count, perSecond, plain, plainSeconds } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statePanel } from '../panels/state-panel.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { highIsGood } from '../thresholds.ts';
import { faultTimeline } from './fault-panels.ts';

/** Label matchers of the selected worker replicas. */
export const selector = 'job="worker",instance=~"$instance"';
/** A loop that has not run for an hour is not drawn: it would hide the others. */
const sinceProgress = `time() - worker_last_progress_timestamp_seconds{${selector}}`;

/** What each loop does, replica by replica. */
export const loops: SizedPanel[] = [
  timeSeriesPanel({
    title: 'In and out',
    description: 'Transactions generated and settled. While generated is above settled, the backlog grows.',
    unit: perSecond,
    axis: 'transactions per second',
    width: 8,
    queries: [
      { expr: `sum(rate(worker_transactions_generated_total{${selector}}[$interval]))`, legend: 'generated' },
      {
        expr: `sum by (result) (rate(worker_transactions_settled_total{${selector}}[$interval]))`,
        legend: '{{result}}',
      },
      { expr: `sum(rate(worker_transactions_pruned_total{${selector}}[$interval]))`, legend: 'pruned' },
    ],
    colors: { generated: 'blue', pruned: 'text', settled: 'green', failed: 'red' },
  }),
  timeSeriesPanel({
    title: 'Batches',
    description: 'Batches by loop and result. Errors are retried: a few are harmless, many mean the database.',
    unit: perSecond,
    axis: 'batches per second',
    width: 8,
    queries: [
      {
        expr: `sum by (loop, result) (rate(worker_batches_total{${selector}}[$interval]))`,
        legend: '{{loop}} {{result}}',
      },
    ],
    colors: { '/ok$/': 'green', '/error$/': 'red' },
  }),
  timeSeriesPanel({
    title: 'Time since progress',
    description: 'Per replica and loop. The prune loop is slow on purpose; settle over 60 s is a stalled replica.',
    unit: plainSeconds,
    width: 8,
    queries: [{ expr: `${sinceProgress} < 3600`, legend: '{{instance}} {{loop}}' }],
  }),
  statePanel({
    title: 'Who generates',
    description: 'The replica that holds the generator lock. Exactly one is right; another takes over when it dies.',
    unit: plain,
    width: 8,
    queries: [{ expr: `max by (instance) (worker_generator{${selector}})`, legend: '{{instance}}' }],
    mappings: valueTexts({ 0: ['waits', 'blue'], 1: ['generates', 'green'] }),
    thresholds: highIsGood(0),
  }),
  faultTimeline(`max by (fault) (worker_fault_active{${selector}})`, '{{fault}}', 8),
  timeSeriesPanel({
    title: 'Failed database operations',
    description: 'By kind. The loops retry with growing pauses, so a database that is away shows here first.',
    unit: perSecond,
    axis: 'operations per second',
    width: 8,
    queries: [
      { expr: `sum by (kind) (rate(worker_database_errors_total{${selector}}[$interval]))`, legend: '{{kind}}' },
    ],
  }),
];

/** The pool that the loops share. */
export const connections = timeSeriesPanel({
  title: 'Connection pool',
  description: 'PostgreSQL connections of the selected replicas. "waiting" above 0: the loops wait for each other.',
  unit: count,
  width: 24,
  height: 7,
  queries: [{ expr: `sum by (state) (worker_postgres_pool_connections{${selector}})`, legend: '{{state}}' }],
  colors: { waiting: 'red', idle: 'green', total: 'blue' },
});
