import type { Pool } from '@stack/service-kit/postgres';
import type { WorkerConfig } from '../config.ts';
import type { WorkerMetrics } from '../metrics.ts';
import type { Step } from '../run-loop.ts';
import { pruneIdempotencyKeys } from '../sql/prune-idempotency-keys.ts';
import { pruneSettled } from '../sql/prune-settled.ts';

export interface PruneOptions {
  pool: Pool;
  metrics: Pick<WorkerMetrics, 'pruned'>;
  config: Pick<
    WorkerConfig,
    'RETENTION_HOURS' | 'IDEMPOTENCY_RETENTION_HOURS' | 'PRUNE_INTERVAL_MS' | 'PRUNE_BATCH_SIZE'
  >;
}

/** Between two batches of one clean-up: it must never be what the database is busy with. */
const breathMs = 100;

/** Deletes what is past its retention, a bounded batch at a time; on every replica, none waits for another. */
export function createPruneStep({ pool, metrics, config }: PruneOptions): Step {
  const limit = config.PRUNE_BATCH_SIZE;
  return async () => {
    const settled = await pruneSettled(pool, { olderThanHours: config.RETENTION_HOURS, limit });
    metrics.pruned.inc(settled);
    const keys = await pruneIdempotencyKeys(pool, { olderThanHours: config.IDEMPOTENCY_RETENTION_HOURS, limit });
    const isMoreLeft = settled === limit || keys === limit;
    return { rows: settled + keys, waitMs: isMoreLeft ? breathMs : config.PRUNE_INTERVAL_MS };
  };
}
