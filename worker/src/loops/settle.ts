import { type Pool, withTransaction } from '@stack/service-kit/postgres';
import type { WorkerMetrics } from '../metrics.ts';
import type { Processor } from '../processor.ts';
import type { Step } from '../run-loop.ts';
import { claimPending } from '../sql/claim-pending.ts';
import { settleClaimed } from '../sql/settle-claimed.ts';

export interface SettleOptions {
  pool: Pool;
  metrics: Pick<WorkerMetrics, 'settled'>;
  processor: Processor;
  batchSize: number;
}

/** With an empty table: how soon a new transaction is seen. */
const idlePollMs = 500;
/** A worker that is this much slower than its processor is taken for dead, and its rows are freed. */
const holdMarginMs = 5_000;

/**
 * One batch is one transaction, held open while the processor works: whatever ends the worker, its rows are pending
 * again by themselves. Full speed while there is work.
 */
export function createSettleStep({ pool, metrics, processor, batchSize }: SettleOptions): Step {
  return async (signal) => {
    const verdicts = await withTransaction(pool, async (client) => {
      const maxHoldMs = processor.latencyMs() + holdMarginMs;
      const ids = await claimPending(client, { limit: batchSize, maxHoldMs });
      if (ids.length === 0) return [];
      const answers = await processor.process(ids, signal);
      await settleClaimed(client, answers);
      return answers;
    });
    for (const { outcome } of verdicts) metrics.settled.inc({ result: outcome });
    return { rows: verdicts.length, waitMs: verdicts.length === 0 ? idlePollMs : 0 };
  };
}
