import { createMetrics, type Metrics } from '@stack/service-kit/metrics';
import { type Pool, poolConnections } from '@stack/service-kit/postgres';
import { databaseErrorKinds } from '@stack/service-kit/sqlstate';
import type { BacklogReader } from './backlog.ts';
import type { FaultName } from './faults.ts';
import { loopNames } from './progress.ts';

export interface WorkerMetricsOptions {
  pool: Pool;
  readBacklog: BacklogReader;
  isGenerator: () => boolean;
  activeFaults: () => Record<FaultName, number>;
  /** Transactions per second. */
  capacity: number;
  /** prom-client's process and nodejs metrics; tests leave them out. */
  defaultMetrics?: boolean;
}

export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;

/** Seconds. A batch takes the processor's latency: 1 s by default, up to 50 s with a fault. */
const batchBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 20, 60];

const collectors = [
  'worker_backlog_transactions',
  'worker_oldest_pending_age_seconds',
  'worker_generator',
  'worker_postgres_pool_connections',
  'worker_fault_active',
];

/** Every `worker` row of prometheus/metrics.md. */
export function createWorkerMetrics(options: WorkerMetricsOptions) {
  const metrics = createMetrics({
    prefix: 'worker',
    collectors,
    ...(options.defaultMetrics !== undefined && { defaultMetrics: options.defaultMetrics }),
  });
  addCollectedGauges(metrics, options);
  metrics
    .gauge('worker_settle_capacity', "Transactions per second that this replica's settings allow.")
    .set(options.capacity);
  return {
    ...metrics,
    generated: metrics.counter('worker_transactions_generated_total', 'Pending transactions inserted.'),
    settled: metrics.counter('worker_transactions_settled_total', 'Transactions settled, by outcome.', {
      result: ['settled', 'failed'],
    }),
    pruned: metrics.counter('worker_transactions_pruned_total', 'Old settled rows deleted.'),
    batches: metrics.counter('worker_batches_total', 'Batches finished.', {
      loop: loopNames,
      result: ['ok', 'error'],
    }),
    batchDuration: metrics.histogram(
      'worker_batch_duration_seconds',
      'Duration of one batch, waits included.',
      batchBuckets,
      { loop: loopNames },
    ),
    lastProgress: metrics.gauge(
      'worker_last_progress_timestamp_seconds',
      'When the loop last finished a batch, found nothing to do or waited for its turn.',
      { loop: loopNames },
    ),
    databaseErrors: metrics.counter('worker_database_errors_total', 'Failed database operations.', {
      kind: databaseErrorKinds,
    }),
  };
}

function addCollectedGauges({ collectedGauge }: Metrics, options: WorkerMetricsOptions): void {
  const { pool, readBacklog, isGenerator, activeFaults } = options;
  collectedGauge({
    name: 'worker_backlog_transactions',
    help: 'Pending transactions, at most a million. Every replica reports the same table: take max.',
    collect: async () => (await readBacklog()).pending,
  });
  collectedGauge({
    name: 'worker_oldest_pending_age_seconds',
    help: 'Age of the oldest pending transaction, 0 when there is none.',
    collect: async () => (await readBacklog()).oldestAgeSeconds,
  });
  collectedGauge({
    name: 'worker_generator',
    help: "1 on the replica that holds the generator's advisory lock, else 0.",
    collect: () => (isGenerator() ? 1 : 0),
  });
  collectedGauge({
    name: 'worker_postgres_pool_connections',
    help: 'Connections of the pool.',
    label: 'state',
    collect: () => poolConnections(pool),
  });
  collectedGauge({
    name: 'worker_fault_active',
    help: '1 while the fault is switched on.',
    label: 'fault',
    collect: activeFaults,
  });
}
