import type { WorkerConfig } from '../config.ts';
import type { GeneratorLease } from '../generator-lease.ts';
import type { WorkerMetrics } from '../metrics.ts';
import type { Step } from '../run-loop.ts';
import { simulateTransactions } from '../simulate-transactions.ts';
import { insertPending } from '../sql/insert-pending.ts';

export interface GenerateOptions {
  lease: GeneratorLease;
  metrics: Pick<WorkerMetrics, 'generated'>;
  random: () => number;
  config: Pick<WorkerConfig, 'GENERATE_INTERVAL_MS' | 'GENERATE_BATCH_SIZE'>;
}

/** Well below the lease: the holder keeps its lock, and a waiting replica sees within a second that it is free. */
const keepAliveMs = 1_000;

/**
 * On the replica that holds the lock: one batch each GENERATE_INTERVAL_MS, the first at once. On the others: asks for the
 * lock each second. The wait is counted in slices, not by the wall clock, which may jump.
 */
export function createGenerateStep({ lease, metrics, random, config }: GenerateOptions): Step {
  let untilNextMs = 0;
  return async () => {
    if (config.GENERATE_BATCH_SIZE === 0) return { rows: 0, waitMs: keepAliveMs };
    const isDue = untilNextMs <= 0;
    // The batch itself tells the server that its holder lives: no need to ask before it.
    const isHeld = (isDue && lease.held()) || (await lease.acquire());
    if (!isHeld) {
      untilNextMs = 0;
      return { rows: 0, waitMs: keepAliveMs };
    }
    let rows = 0;
    if (isDue) {
      const batch = simulateTransactions(config.GENERATE_BATCH_SIZE, random);
      rows = await lease.withSession((session) => insertPending(session, batch));
      metrics.generated.inc(rows);
      untilNextMs = config.GENERATE_INTERVAL_MS;
    }
    const waitMs = Math.min(keepAliveMs, untilNextMs);
    untilNextMs -= waitMs;
    return { rows, waitMs };
  };
}
