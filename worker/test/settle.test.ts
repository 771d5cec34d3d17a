import { systemClock } from '@stack/service-kit/clock';
import { type Pool, withTransaction } from '@stack/service-kit/postgres';
import { eventually } from '@stack/test-kit/eventually';
import { createFakeClock } from '@stack/test-kit/fake-clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSettleStep } from '../src/loops/settle.ts';
import { createSimulatedProcessor } from '../src/processor.ts';
import { claimPending } from '../src/sql/claim-pending.ts';
import { settleClaimed } from '../src/sql/settle-claimed.ts';
import { insertBacklog, openWorkerDatabase, type WorkerDatabase } from './support/database.ts';
import { createLoopHarness } from './support/loop-harness.ts';

let db: WorkerDatabase;
beforeEach(async () => {
  db = await openWorkerDatabase();
});
afterEach(() => db.close());

const claim = (client: Parameters<typeof claimPending>[0], limit: number, maxHoldMs = 5_000) =>
  claimPending(client, { limit, maxHoldMs });

/** A replica's settle loop with everything of its own, stopped by `stop`. */
function startReplica(pool: Pool, { clock = systemClock, latencyMs = 5, batchSize = 50, failureRate = 0.1 } = {}) {
  const harness = createLoopHarness({ clock });
  const options = { clock, baseLatencyMs: latencyMs, extraLatencyMs: () => 0, failureRate, random: Math.random };
  const processor = createSimulatedProcessor(options);
  const running = harness.run(createSettleStep({ pool, metrics: harness.metrics, processor, batchSize }));
  const settledSoFar = async () =>
    Number(await harness.sampleOf('worker_transactions_settled_total', { result: 'settled' })) +
    Number(await harness.sampleOf('worker_transactions_settled_total', { result: 'failed' }));
  return {
    ...harness,
    settledSoFar,
    stop: async () => {
      harness.stop();
      await running;
    },
  };
}

describe('a claim', () => {
  it('takes the oldest rows first, and no more than asked for', async () => {
    await insertBacklog(db.pool, 10);
    await db.asOwner(
      `UPDATE transactions SET created_at = now() - interval '1 day' WHERE id IN (SELECT id FROM transactions ORDER BY id DESC LIMIT 3)`,
    );
    const { rows } = await db.pool.query('SELECT id FROM transactions ORDER BY created_at, id LIMIT 4');
    const ids = await withTransaction(db.pool, (client) => claim(client, 4));
    expect(ids).toEqual(rows.map(({ id }) => id));
  });

  it('is disjoint from every other claim, and takes what the others leave', async () => {
    await insertBacklog(db.pool, 100);
    const claims: string[][] = [];
    const nest = async (depth: number): Promise<void> =>
      withTransaction(db.pool, async (client) => {
        claims.push(await claim(client, 30));
        if (depth > 1) await nest(depth - 1);
      });
    await nest(5);
    expect(claims.map((ids) => ids.length)).toEqual([30, 30, 30, 10, 0]);
    expect(new Set(claims.flat()).size).toBe(100);
  });

  it('that is held too long is ended by the server: its rows are free, and the late verdict changes nothing', async () => {
    await insertBacklog(db.pool, 10);
    const late = await db.pool.connect();
    await late.query('BEGIN');
    const ids = await claim(late, 10, 100);
    expect(ids).toHaveLength(10);
    const claimAgain = async () => {
      const again = await withTransaction(db.pool, (client) => claim(client, 10));
      return again.length === 10 && again;
    };
    const freed = await eventually(claimAgain, { timeoutMs: 4_000 }); // well below the pool's own limit of 10 s
    expect(freed).toEqual(ids);
    const verdicts = ids.map((id) => ({ id, outcome: 'settled' as const }));
    await expect(settleClaimed(late, verdicts)).rejects.toThrow();
    late.release(true);
    expect(await db.ledger()).toMatchObject({ pending: 10, settlements: 0 });
  });
});

describe('settling', () => {
  it('by four replicas at once settles every row exactly once', async () => {
    await insertBacklog(db.pool, 3_000);
    const replicas = Array.from({ length: 4 }, () => startReplica(db.openPool()));
    await eventually(async () => (await db.ledger()).pending === 0);
    await Promise.all(replicas.map((replica) => replica.stop()));
    const counts = await Promise.all(replicas.map((replica) => replica.settledSoFar()));
    expect(counts.reduce((sum, count) => sum + count)).toBe(3_000);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(await db.ledger()).toMatchObject({ settlements: 3_000, contradictions: 0 });
    expect(replicas.flatMap(({ lines }) => lines)).toEqual([]);
  });

  it('in large batches, two transactions each, by three replicas at once settles every row exactly once', async () => {
    await insertBacklog(db.pool, 8_000);
    const replicas = Array.from({ length: 3 }, () => startReplica(db.openPool(), { latencyMs: 0, batchSize: 1_001 }));
    await eventually(async () => (await db.ledger()).pending === 0);
    await Promise.all(replicas.map((replica) => replica.stop()));
    const counts = await Promise.all(replicas.map((replica) => replica.settledSoFar()));
    expect(counts.reduce((sum, count) => sum + count)).toBe(8_000);
    expect(await db.ledger()).toMatchObject({ settlements: 8_000, contradictions: 0 });
    expect(replicas.flatMap(({ lines }) => lines)).toEqual([]);
  });

  it('a stop in the middle of a large batch gives both halves back', async () => {
    await insertBacklog(db.pool, 1_500);
    const clock = createFakeClock();
    const replica = startReplica(db.pool, { clock, latencyMs: 30_000, batchSize: 2_000 });
    await eventually(() => clock.sleepers() === 2);
    await replica.stop();
    expect(await db.ledger()).toMatchObject({ pending: 1_500, settlements: 0 });
    expect(await withTransaction(db.pool, (client) => claim(client, 2_000))).toHaveLength(1_500);
  });

  it('loses no half of a large batch when the other one fails', async () => {
    await insertBacklog(db.pool, 1_000);
    let calls = 0;
    const processor = {
      latencyMs: () => 0,
      process: async (ids: readonly string[]) => {
        calls += 1;
        if (calls === 1) throw new Error('the processor hung up');
        return ids.map((id) => ({ id, outcome: 'settled' as const }));
      },
    };
    const { metrics, run, stop, lines, sampleOf } = createLoopHarness({ clock: systemClock });
    const running = run(createSettleStep({ pool: db.pool, metrics, processor, batchSize: 1_000 }));
    await eventually(async () => (await db.ledger()).pending === 0);
    stop();
    await running;
    expect(await db.ledger()).toMatchObject({ settlements: 1_000, contradictions: 0 });
    expect(await sampleOf('worker_transactions_settled_total', { result: 'settled' })).toBe(1_000);
    expect(await sampleOf('worker_batches_total', { loop: 'settle', result: 'error' })).toBe(1);
    expect(lines[0]).toMatchObject({ level: 'error', loop: 'settle' });
  });

  it('writes the outcome, its time and who settled it', async () => {
    await insertBacklog(db.pool, 1);
    const replica = startReplica(db.pool, { failureRate: 1 });
    await eventually(async () => (await db.ledger()).failed === 1);
    await replica.stop();
    const { rows } = await db.pool.query(
      `SELECT status, outcome, settled_by, transactions.settled_at > created_at AS later FROM transactions JOIN settlements ON transaction_id = id`,
    );
    expect(rows).toEqual([{ status: 'failed', outcome: 'failed', settled_by: 'worker-test', later: true }]);
  });

  it('a stop in mid-batch gives the rows back at once', async () => {
    await insertBacklog(db.pool, 20);
    const clock = createFakeClock();
    const replica = startReplica(db.pool, { clock, latencyMs: 30_000, batchSize: 100 });
    await eventually(() => clock.sleepers() === 1);
    await replica.stop();
    expect(await db.ledger()).toMatchObject({ pending: 20, settlements: 0 });
    expect(await withTransaction(db.pool, (client) => claim(client, 100))).toHaveLength(20);
    expect(replica.lines).toEqual([]);
  });

  it('refuses the whole batch when one row of it is not pending any more', async () => {
    await insertBacklog(db.pool, 5);
    const settleAll = withTransaction(db.pool, async (client) => {
      const ids = await claim(client, 5);
      await client.query(`UPDATE transactions SET status = 'failed', settled_at = now() WHERE id = $1`, [ids[2]]);
      await settleClaimed(
        client,
        ids.map((id) => ({ id, outcome: 'settled' })),
      );
    });
    await expect(settleAll).rejects.toThrow('claimed 5 rows but only 4 of them were still pending');
    expect(await db.ledger()).toMatchObject({ pending: 5, settlements: 0 });
  });

  it('cannot happen twice, even to a row that was forced to be pending again', async () => {
    await insertBacklog(db.pool, 1);
    const first = startReplica(db.pool);
    await eventually(async () => (await db.ledger()).settlements === 1);
    await first.stop();
    await db.asOwner('SET session_replication_role = replica'); // no triggers, no foreign keys
    await db.asOwner(`UPDATE transactions SET status = 'pending', settled_at = NULL`);
    const second = startReplica(db.pool);
    await eventually(() => second.lines.length > 0);
    await second.stop();
    expect(second.lines[0]).toMatchObject({ level: 'error', loop: 'settle', err: { code: '23505' } });
    expect(await db.ledger()).toMatchObject({ pending: 1, settlements: 1 });
  });
});

describe('capacity', () => {
  /** Batches of 10, one simulated second each. */
  async function settledIn(seconds: number, replicaCount: number): Promise<number> {
    const clock = createFakeClock();
    const replicas = Array.from({ length: replicaCount }, () =>
      startReplica(db.openPool(), { clock, latencyMs: 1_000, batchSize: 10 }),
    );
    for (let second = 0; second < seconds; second++) {
      await eventually(() => clock.sleepers() === replicaCount); // each has claimed its batch
      await clock.advance(1_000);
    }
    await eventually(() => clock.sleepers() === replicaCount);
    await Promise.all(replicas.map((replica) => replica.stop()));
    return (await db.ledger()).settlements;
  }

  it.each([
    [1, 200],
    [3, 600],
  ])('%i replicas settle %i rows in 20 simulated seconds: batch size / latency, each', async (replicas, rows) => {
    await insertBacklog(db.pool, 1_000);
    expect(await settledIn(20, replicas)).toBe(rows);
  });
});
