import { eventually } from '@stack/test-kit/eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { insertBacklog, openWorkerDatabase, type WorkerDatabase } from './support/database.ts';
import { spawnWorker, type WorkerProcess } from './support/worker-process.ts';

let db: WorkerDatabase;
let workers: WorkerProcess[];
beforeEach(async () => {
  db = await openWorkerDatabase();
  workers = [];
});
afterEach(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await Promise.all(workers.map(({ exited }) => exited));
  await db.close();
});

async function startWorker(env: Record<string, string> = {}): Promise<WorkerProcess> {
  const worker = await spawnWorker(db.url, env);
  workers.push(worker);
  return worker;
}

/** How many transactions of workers are open now, holding a batch. */
async function batchesInFlight(): Promise<number> {
  const { rows } = await db.pool.query(
    `SELECT count(*)::int AS batches FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'worker@%' AND state = 'idle in transaction'`,
  );
  return rows[0].batches;
}

describe('kill -9 in mid-batch', () => {
  it('ten times in a row loses no row and settles none twice', async () => {
    let inserted = 0;
    const bothHoldABatch = async () => {
      if ((await db.ledger()).pending < 100) inserted += await insertBacklog(db.pool, 200); // never out of work
      return (await batchesInFlight()) === 2;
    };
    const env = { SETTLE_BATCH_SIZE: '20', SETTLE_LATENCY_MS: '150' };
    await Promise.all([startWorker(env), startWorker(env)]);
    for (let round = 0; round < 10; round++) {
      await eventually(bothHoldABatch);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100)); // anywhere in the batch
      (workers.shift() as WorkerProcess).kill('SIGKILL');
      const { pending, settlements, contradictions } = await db.ledger();
      expect({ rows: pending + settlements, contradictions }).toEqual({ rows: inserted, contradictions: 0 });
      await startWorker(env);
    }
    await eventually(async () => (await db.ledger()).pending === 0, { timeoutMs: 20_000 });
    expect(await db.ledger()).toMatchObject({ settlements: inserted, contradictions: 0 });
  });

  it('frees the rows at once: another replica takes them without waiting for a time-out', async () => {
    await insertBacklog(db.pool, 10);
    const victim = await startWorker({ SETTLE_LATENCY_MS: '30000' });
    await eventually(async () => (await batchesInFlight()) === 1);
    await startWorker({ SETTLE_LATENCY_MS: '10' });
    expect((await db.ledger()).pending).toBe(10);
    victim.kill('SIGKILL');
    await eventually(async () => (await db.ledger()).settlements === 10, { timeoutMs: 3_000 });
  });
});

it('a worker that is paused in mid-batch loses its rows to others within latency + 5 s, and settles nothing when it wakes', async () => {
  await insertBacklog(db.pool, 10);
  const paused = await startWorker({ SETTLE_LATENCY_MS: '500' });
  await eventually(async () => (await batchesInFlight()) === 1);
  paused.kill('SIGSTOP');
  const other = await startWorker({ SETTLE_LATENCY_MS: '10' });
  await eventually(async () => (await db.ledger()).settlements === 10, { timeoutMs: 9_000 });
  paused.kill('SIGCONT');
  await insertBacklog(db.pool, 10);
  await other.stop();
  await eventually(async () => (await db.ledger()).settlements === 20); // the one that woke works again
  expect((await db.ledger()).contradictions).toBe(0);
});

describe('SIGTERM', () => {
  it('in mid-batch gives the batch back and ends with 0 within seconds, however slow the processor', async () => {
    await insertBacklog(db.pool, 10);
    const worker = await startWorker({ SETTLE_LATENCY_MS: '30000' });
    await eventually(async () => (await batchesInFlight()) === 1);
    const startedAt = performance.now();
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(worker.logs.at(-1)).toMatchObject({ msg: 'stopped', failed: [] });
    expect(await db.ledger()).toMatchObject({ pending: 10, settlements: 0 });
    await eventually(async () => (await batchesInFlight()) === 0);
  });

  it('while batches run loses none of them', async () => {
    await insertBacklog(db.pool, 500);
    const env = { SETTLE_BATCH_SIZE: '10', SETTLE_LATENCY_MS: '20' };
    const worker = await startWorker(env);
    await eventually(async () => (await db.ledger()).settlements > 50);
    expect((await worker.stop()).code).toBe(0);
    const { pending, settlements, contradictions } = await db.ledger();
    expect({ rows: pending + settlements, contradictions }).toEqual({ rows: 500, contradictions: 0 });
  });

  it('is answered by a stalled worker too', async () => {
    const worker = await startWorker();
    await worker.putFaults({ stall: true });
    expect((await worker.stop()).code).toBe(0);
  });
});

describe('the generator', () => {
  const env = {
    GENERATE_BATCH_SIZE: '5',
    GENERATE_INTERVAL_MS: '500',
    SETTLE_BATCH_SIZE: '1',
    SETTLE_LATENCY_MS: '30000',
  };

  async function startThree() {
    const three = [await startWorker(env)];
    await eventually(() => (three[0] as WorkerProcess).isGenerator());
    three.push(await startWorker(env), await startWorker(env));
    return three as [WorkerProcess, WorkerProcess, WorkerProcess];
  }
  const takenOver = (...others: WorkerProcess[]) =>
    eventually(
      async () => (await Promise.all(others.map((worker) => worker.isGenerator()))).filter(Boolean).length === 1,
    );

  it('is exactly one of three replicas, and another within seconds after kill -9', async () => {
    const [holder, second, third] = await startThree();
    expect(await Promise.all([second.isGenerator(), third.isGenerator()])).toEqual([false, false]);
    holder.kill('SIGKILL');
    await takenOver(second, third);
    expect(await lockHolders()).toBe(1);
  });

  it('is another within seconds after it was paused, and the one that wakes does not generate next to it', async () => {
    const [holder, second, third] = await startThree();
    holder.kill('SIGSTOP');
    await takenOver(second, third);
    holder.kill('SIGCONT');
    await eventually(async () => !(await holder.isGenerator()));
    expect(await lockHolders()).toBe(1);
    await eventually(() => holder.logs.some(({ loop, msg }) => loop === 'generate' && msg === 'the loop works again'));
    const before = (await holder.metric('worker_transactions_generated_total')) as number;
    await takenOver(second, third);
    const generator = (await second.isGenerator()) ? second : third;
    const sofar = (await generator.metric('worker_transactions_generated_total')) as number;
    await eventually(async () => Number(await generator.metric('worker_transactions_generated_total')) >= sofar + 15);
    expect(await holder.metric('worker_transactions_generated_total')).toBe(before);
  });

  it('is another within seconds after it stalled', async () => {
    const [holder, second, third] = await startThree();
    await holder.putFaults({ stall: true });
    await takenOver(second, third);
    await eventually(async () => !(await holder.isGenerator())); // it is told, though its loop stands still
    expect(await lockHolders()).toBe(1);
  });

  async function lockHolders(): Promise<number> {
    const { rows } = await db.pool.query(
      `SELECT count(*)::int AS holders FROM pg_locks WHERE locktype = 'advisory' AND granted AND database =
         (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    return rows[0].holders;
  }
});

it('the crash fault ends the process with 1, and a new one is well', async () => {
  const worker = await startWorker();
  expect((await worker.putFaults({ crash: true })).status).toBe(200);
  expect(await worker.exited).toEqual({ code: 1, signal: null });
  const next = await startWorker();
  expect((await next.health()).httpStatus).toBe(200);
});

it('a configuration that is not usable ends the process with 2 and tells every problem', async () => {
  await expect(startWorker({ SETTLE_BATCH_SIZE: 'x', DATABASE_URL: '' })).rejects.toThrow(
    /ended with 2[\s\S]*DATABASE_URL: is required[\s\S]*SETTLE_BATCH_SIZE: must be a whole number/,
  );
});
