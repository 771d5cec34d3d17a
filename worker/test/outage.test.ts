import { createPool, type Pool } from '@stack/service-kit/postgres';
import { eventually } from '@stack/test-kit/eventually';
import { type MigratedCluster, startCluster } from '@stack/test-kit/start-cluster';
import { startTcpProxy, type TcpProxy } from '@stack/test-kit/tcp-proxy';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { insertBacklog, readLedger } from './support/database.ts';
import { createTestLogger } from './support/loop-harness.ts';
import { spawnWorker, type WorkerProcess } from './support/worker-process.ts';

let cluster: MigratedCluster;
let databases = 0;
let url: string;
let pool: Pool;
let proxy: TcpProxy;
let workers: WorkerProcess[];

beforeAll(async () => {
  cluster = await startCluster({ durable: true }); // a killed server must not forget what it committed
});
afterAll(() => cluster.stop());
beforeEach(async () => {
  databases += 1;
  await cluster.createDatabase(`transactions_${databases}`);
  url = cluster.url(`transactions_${databases}`, 'app');
  pool = createPool({ connectionString: url, applicationName: 'test', logger: createTestLogger().logger });
  proxy = await startTcpProxy({ port: cluster.port });
  workers = [];
});
afterEach(async () => {
  const exits = await Promise.all(workers.map((worker) => worker.stop()));
  await pool.end();
  await proxy.stop();
  expect(exits).toEqual(workers.map(() => ({ code: 0, signal: null }))); // none died, and each stops cleanly
});

const busy = { SETTLE_BATCH_SIZE: '20', SETTLE_LATENCY_MS: '100' };
async function startWorker(databaseUrl = url, env: Record<string, string> = busy): Promise<WorkerProcess> {
  const worker = await spawnWorker(databaseUrl, env);
  workers.push(worker);
  return worker;
}

const outageLines = ({ logs }: WorkerProcess) => logs.filter(({ level }) => level === 'warn' || level === 'error');
const settlements = async () => (await readLedger(pool)).settlements;
const allSettled = (count: number) =>
  eventually(
    async () => {
      expect(await readLedger(pool)).toMatchObject({ pending: 0, settlements: count, contradictions: 0 });
    },
    { timeoutMs: 20_000, intervalMs: 100 },
  );

it('a database that is not there yet: the worker waits for it, alive and not unhealthy', async () => {
  await cluster.kill();
  const worker = await startWorker();
  await eventually(async () => Number(await worker.metric('worker_database_errors_total{kind="unavailable"}')) > 6);
  const { httpStatus, checks } = await worker.health();
  expect({ httpStatus, database: checks['database']?.status }).toEqual({ httpStatus: 200, database: 'unavailable' });
  expect(await worker.metric('worker_backlog_transactions')).toBeUndefined();
  await cluster.restart();
  await insertBacklog(pool, 50);
  await allSettled(50);
  expect((await worker.health()).checks['database']?.status).toBe('ok');
  expect(await worker.metric('worker_backlog_transactions')).toBe(0);
});

it('a database without tables yet: the worker waits for the migrations', async () => {
  const worker = await startWorker(cluster.url('postgres', 'app'));
  await eventually(async () => Number(await worker.metric('worker_database_errors_total{kind="unavailable"}')) > 2);
  expect(outageLines(worker)[0]).toMatchObject({ err: { code: '42P01' } });
});

it('a database that is killed again and again under load: no row is lost, none is settled twice', async () => {
  await insertBacklog(pool, 800);
  await startWorker();
  await startWorker();
  for (let round = 1; round <= 3; round++) {
    await eventually(async () => (await settlements()) >= 80 * round);
    await cluster.kill();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await cluster.restart();
  }
  await allSettled(800);
});

it('a database that is restarted: its clients are sent away, and come back', async () => {
  await insertBacklog(pool, 200);
  const worker = await startWorker();
  await eventually(async () => (await settlements()) >= 20);
  await cluster.restart();
  await allSettled(200);
  expect(outageLines(worker).length).toBeLessThan(20);
});

it('a database that hangs: the worker goes on answering within two seconds, and works again afterwards', async () => {
  await insertBacklog(pool, 200);
  const worker = await startWorker();
  await eventually(async () => (await settlements()) >= 20);
  await cluster.pause();
  try {
    await eventually(async () => Number(await worker.metric('worker_database_errors_total{kind="timeout"}')) > 0);
    for (let n = 0; n < 2; n++) {
      const { httpStatus, checks } = await worker.health();
      expect({ httpStatus, database: checks['database']?.status }).toEqual({
        httpStatus: 200,
        database: 'unavailable',
      });
      expect(await worker.metric('worker_backlog_transactions')).toBeUndefined();
    }
  } finally {
    await cluster.resume();
  }
  await allSettled(200);
});

it('a database that cuts everybody off and refuses new connections: the worker comes back by itself', async () => {
  await insertBacklog(pool, 200);
  const worker = await startWorker(proxy.through(url));
  await eventually(async () => (await settlements()) >= 20);
  await proxy.refuse();
  proxy.cut();
  await eventually(async () => (await worker.health()).checks['database']?.status === 'unavailable');
  const atCut = await settlements();
  await eventually(async () => Number(await worker.metric('worker_database_errors_total{kind="unavailable"}')) > 3);
  expect(await settlements()).toBe(atCut);
  await proxy.accept();
  await allSettled(200);
});

it('a generator whose network hangs is replaced within seconds, knows it, and gets no second turn when it is back', async () => {
  const env = { GENERATE_BATCH_SIZE: '5', GENERATE_INTERVAL_MS: '500', ...busy };
  const holder = await startWorker(proxy.through(url), env);
  await eventually(() => holder.isGenerator());
  const next = await startWorker(url, env);
  proxy.pause();
  try {
    await eventually(() => next.isGenerator());
    await eventually(async () => !(await holder.isGenerator()));
  } finally {
    proxy.resume();
  }
  await eventually(async () => (await holder.health()).checks['database']?.status === 'ok');
  expect(await Promise.all([holder.isGenerator(), next.isGenerator()])).toEqual([false, true]);
  expect((await readLedger(pool)).contradictions).toBe(0);
});

it('SIGTERM while the database hangs ends the worker with 0, within its grace', async () => {
  await insertBacklog(pool, 100);
  const worker = await startWorker(proxy.through(url), { ...busy, GENERATE_BATCH_SIZE: '1' });
  await eventually(async () => (await settlements()) >= 20);
  proxy.pause();
  try {
    const startedAt = performance.now();
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(12_000);
  } finally {
    proxy.resume();
  }
});
