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

/** From here on a batch keeps two of the database's cores busy: writing a settlement is 20 times what claiming it takes. */
const worthTwoTransactions = 1_000;

/**
 * One batch is one transaction, or two halves side by side when it is large, held open while the processor works:
 * whatever ends the worker, its rows are pending again by themselves. Full speed while there is work.
 */
export function createSettleStep(options: SettleOptions): Step {
  const { batchSize } = options;
  const half = Math.ceil(batchSize / 2);
  const limits = batchSize < worthTwoTransactions ? [batchSize] : [half, batchSize - half];
  return async (signal) => {
    const results = await Promise.allSettled(limits.map((limit) => settleUpTo(limit, options, signal)));
    let rows = 0;
    for (const result of results) {
      if (result.status === 'rejected') throw result.reason;
      rows += result.value;
    }
    return { rows, waitMs: rows === 0 ? idlePollMs : 0 };
  };
}

/** One transaction. Resolves to the number of rows that it settled. */
async function settleUpTo(limit: number, options: SettleOptions, signal: AbortSignal): Promise<number> {
  const { pool, metrics, processor } = options;
  const verdicts = await withTransaction(pool, async (client) => {
    const maxHoldMs = processor.latencyMs() + holdMarginMs;
    const ids = await claimPending(client, { limit, maxHoldMs });
    if (ids.length === 0) return [];
    const answers = await processor.process(ids, signal);
    await settleClaimed(client, answers);
    return answers;
  });
  const failed = verdicts.filter(({ outcome }) => outcome === 'failed').length;
  metrics.settled.inc({ result: 'failed' }, failed);
  metrics.settled.inc({ result: 'settled' }, verdicts.length - failed);
  return verdicts.length;
}
