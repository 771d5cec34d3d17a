import { afterEach, beforeEach, expect, it } from 'vitest';
import { createPruneStep } from '../src/loops/prune.ts';
import { pruneSettled } from '../src/sql/prune-settled.ts';
import { insertBacklog, openWorkerDatabase, type WorkerDatabase } from './support/database.ts';

let db: WorkerDatabase;
beforeEach(async () => {
  db = await openWorkerDatabase();
});
afterEach(() => db.close());

/** Makes `count` finished rows, ledger and all, whose settlement is `ageHours` old. */
async function insertFinished(count: number, ageHours: number, status = 'settled'): Promise<void> {
  await insertBacklog(db.pool, count);
  await db.asOwner(
    `WITH finished AS (
       UPDATE transactions SET status = $1, created_at = now() - make_interval(hours => $2 + 1),
         settled_at = now() - make_interval(hours => $2)
       WHERE id IN (SELECT id FROM transactions WHERE status = 'pending' AND created_at > now() - interval '1 hour')
       RETURNING id, status)
     INSERT INTO settlements (transaction_id, outcome) SELECT id, status FROM finished`,
    [status, ageHours],
  );
}

function createStep(limit: number) {
  const pruned: number[] = [];
  const step = createPruneStep({
    pool: db.pool,
    metrics: { pruned: { inc: (rows: number) => void pruned.push(rows) } } as never,
    config: {
      RETENTION_HOURS: 24,
      IDEMPOTENCY_RETENTION_HOURS: 12,
      PRUNE_INTERVAL_MS: 60_000,
      PRUNE_BATCH_SIZE: limit,
    },
  });
  return { step: () => step(new AbortController().signal), pruned };
}

it('deletes finished rows past their retention with their ledger entries, in bounded batches, and never a pending one', async () => {
  await insertBacklog(db.pool, 5);
  await db.asOwner(`UPDATE transactions SET created_at = now() - interval '1 year'`);
  await insertFinished(3, 23);
  await insertFinished(12, 25);
  await insertFinished(13, 25, 'failed');
  const { step, pruned } = createStep(10);
  expect(await step()).toEqual({ rows: 10, waitMs: 100 });
  expect(await step()).toEqual({ rows: 10, waitMs: 100 });
  expect(await step()).toEqual({ rows: 5, waitMs: 60_000 });
  expect(await step()).toEqual({ rows: 0, waitMs: 60_000 });
  expect(pruned).toEqual([10, 10, 5, 0]);
  expect(await db.ledger()).toEqual({ pending: 5, settled: 3, failed: 0, settlements: 3, contradictions: 0 });
});

it('deletes idempotency keys past their own retention and leaves their transactions', async () => {
  await insertBacklog(db.pool, 30);
  await db.asOwner(
    `INSERT INTO idempotency_keys (key, request_hash, transaction_id, response, created_at)
     SELECT 'key-' || n, sha256('body'), id, '{}', now() - make_interval(hours => n::int)
     FROM (SELECT id, row_number() OVER () AS n FROM transactions) AS numbered`,
  );
  const { step } = createStep(10);
  expect(await step()).toEqual({ rows: 10, waitMs: 100 });
  expect((await step()).rows).toBe(9); // 12 h to 20 h are left of 12 h to 30 h
  const { rows } = await db.pool.query('SELECT count(*)::int AS keys FROM idempotency_keys');
  expect(rows[0].keys).toBe(11);
  expect((await db.ledger()).pending).toBe(30);
});

it('by several replicas at once deletes every row once', async () => {
  await insertFinished(200, 48);
  const counts = await Promise.all(
    Array.from({ length: 8 }, () => pruneSettled(db.pool, { olderThanHours: 24, limit: 50 })),
  );
  expect(counts.reduce((sum, count) => sum + count)).toBe(200);
});
