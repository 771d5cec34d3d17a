import { eventually } from '@stack/test-kit/eventually';
import { createFakeClock, type FakeClock } from '@stack/test-kit/fake-clock';
import { spawnService } from '@stack/test-kit/spawn-service';
import { afterEach, describe, expect, it } from 'vitest';
import { faultNames } from '../src/faults/fault-names.ts';
import { ask, type RunningApi, startApi, useApi, validBody } from './support/api.ts';

const { api, database } = await useApi({
  FAULTS_ENABLED: 'true',
  DATABASE_POOL_SIZE: '4',
  DATABASE_CONNECT_TIMEOUT_MS: '200',
});
afterEach(async () => {
  await api.delete('/faults');
  await expectHealthy();
});

const expectHealthy = () =>
  eventually(async () => (await api.get('/transactions')).status === 200 && (await api.get('/health')).status === 200);
const active = async () => {
  const values = await Promise.all(
    faultNames.map(async (name) => [name, await api.metric(`api_fault_active{fault="${name}"}`)] as const),
  );
  return values.filter(([, value]) => value === 1).map(([name]) => name);
};
const injected = async (fault: string) => (await api.metric(`api_faults_injected_total{fault="${fault}"}`)) ?? 0;
const pending = async () =>
  (await database.query<{ n: number }>(`SELECT count(*)::int AS n FROM transactions WHERE status = 'pending'`))[0]?.n;

describe('/faults', () => {
  it('reports what is on and until when, replaces it as a whole, and ends it', async () => {
    expect((await api.get('/faults')).body).toEqual({ active: {}, until: null });
    const { status, body } = await api.put('/faults', { latencyMs: 1, errorRate: 0, hang: false, durationSeconds: 60 });
    expect([status, body]).toEqual([200, { active: { latencyMs: 1 }, until: expect.any(String) }]);
    expect(Date.parse(body.until) - Date.now()).toBeGreaterThan(55_000);
    expect(await active()).toEqual(['latency']);
    expect((await api.put('/faults', { memoryLeakMbPerSecond: 1 })).body).toEqual({
      active: { memoryLeakMbPerSecond: 1 },
      until: null,
    });
    expect(await active()).toEqual(['memory_leak']);
    expect((await api.delete('/faults')).body).toEqual({ active: {}, until: null });
    expect(await active()).toEqual([]);
  });

  it.each([
    ['an unknown fault', { fire: true }, 'body.fire'],
    ['a negative latency', { latencyMs: -1 }, 'body.latencyMs'],
    ['an hour of latency', { latencyMs: 3_600_000 }, 'body.latencyMs'],
    ['text', { latencyMs: '400' }, 'body.latencyMs'],
    ['a rate over 1', { errorRate: 1.1 }, 'body.errorRate'],
    ['a number for a switch', { hang: 1 }, 'body.hang'],
    ['a leak that would take the machine', { memoryLeakMbPerSecond: 1_000 }, 'body.memoryLeakMbPerSecond'],
    ['a hundred threads', { cpuBurnThreads: 100 }, 'body.cpuBurnThreads'],
    ['half a thread', { cpuBurnThreads: 0.5 }, 'body.cpuBurnThreads'],
    ['a burst of a million', { burst: 1_000_000 }, 'body.burst'],
    ['a block of a minute', { eventLoopBlockMs: 60_000 }, 'body.eventLoopBlockMs'],
    ['a million files a second', { fileDescriptorsPerSecond: 1_000_000 }, 'body.fileDescriptorsPerSecond'],
    ['a lock longer than a statement may take', { databaseLockMs: 5_000 }, 'body.databaseLockMs'],
    ['a thousand connections', { connectionStorm: 1_000 }, 'body.connectionStorm'],
    ['no time at all', { latencyMs: 1, durationSeconds: 0 }, 'body.durationSeconds'],
    ['a year', { latencyMs: 1, durationSeconds: 31_536_000 }, 'body.durationSeconds'],
  ])('refuses %s and changes nothing', async (_, body, path) => {
    await api.put('/faults', { latencyMs: 1 });
    const answer = await api.put('/faults', body);
    expect([answer.status, answer.body.code, answer.body.errors[0].path]).toEqual([400, 'validation_failed', path]);
    expect((await api.get('/faults')).body.active).toEqual({ latencyMs: 1 });
  });

  it('does not exist unless it is switched on, and says how', async () => {
    const plain = await startApi(database.url);
    try {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const { status, body } = await ask(`${plain.url}/faults`, { method });
        expect([status, body.code, body.detail]).toEqual([
          404,
          'not_found',
          expect.stringContaining('FAULTS_ENABLED=true'),
        ]);
      }
    } finally {
      await plain.stop();
    }
  });
});

describe('a fault', () => {
  it('of latency delays the routes and is measured under their own path', async () => {
    await api.put('/faults', { latencyMs: 150 });
    const inBucket = (le: string) =>
      api.metric(
        `http_request_duration_seconds_bucket{le="${le}",status_code="404",method="GET",path="/transactions/:id"}`,
      );
    const [fast, slow] = [(await inBucket('0.1')) ?? 0, (await inBucket('0.3')) ?? 0];
    const { elapsedMs } = await api.get('/transactions/999');
    expect(elapsedMs).toBeGreaterThanOrEqual(145);
    expect((await api.get('/health')).elapsedMs).toBeGreaterThanOrEqual(145);
    expect((await inBucket('0.1')) ?? 0).toBe(fast);
    await eventually(async () => ((await inBucket('0.3')) ?? 0) === slow + 1);
    expect(await injected('latency')).toBe(2);
  });

  it('of errors answers that share with 500, also the health check, under the routes path', async () => {
    await api.put('/faults', { errorRate: 1 });
    for (const answer of [
      await api.get('/transactions'),
      await api.post('/transactions', validBody),
      await api.get('/health'),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([500, 'fault_injected']);
    }
    expect(
      await api.metric('http_request_duration_seconds_count{status_code="500",method="POST",path="/transactions"}'),
    ).toBe(1);
    await api.put('/faults', { errorRate: 0.5 });
    const answers = await Promise.all(Array.from({ length: 100 }, () => api.get('/transactions')));
    const failed = answers.filter(({ status }) => status === 500).length;
    expect(failed).toBeGreaterThan(20);
    expect(failed).toBeLessThan(80);
  });

  it('never touches /metrics, /faults, /health/live, /docs and /openapi.json', async () => {
    await api.put('/faults', { errorRate: 1, latencyMs: 5_000, hang: true });
    for (const path of ['/metrics', '/faults', '/health/live', '/docs', '/openapi.json']) {
      const { status, elapsedMs } = await api.get(path);
      expect([path, status, elapsedMs < 1_000]).toEqual([path, 200, true]);
    }
  });

  it('of hanging accepts and does not answer; those who waited are answered when it ends', async () => {
    await api.put('/faults', { hang: true });
    const answer = api.get('/transactions');
    await eventually(async () => (await api.metric('api_requests_in_flight')) === 1);
    expect(await Promise.race([answer, new Promise((resolve) => setTimeout(() => resolve('hangs'), 200))])).toBe(
      'hangs',
    );
    await api.delete('/faults');
    expect((await answer).status).toBe(200);
  });

  it('of hanging forgets the clients that went away', async () => {
    await api.put('/faults', { hang: true });
    const leaving = new AbortController();
    const requests = Array.from({ length: 20 }, () =>
      ask(`${api.url}/transactions`, { signal: leaving.signal }).catch(() => 'left'),
    );
    await eventually(async () => (await api.metric('api_requests_in_flight')) === 20);
    leaving.abort();
    expect(new Set(await Promise.all(requests))).toEqual(new Set(['left']));
    await eventually(async () => (await api.metric('api_requests_in_flight')) === 0);
    expect(
      await api.metric('http_request_duration_seconds_count{status_code="499",method="GET",path="/transactions"}'),
    ).toBe(20);
  });

  it('of pool exhaustion makes requests fail in time and health say so; ending it is a cure', async () => {
    await api.put('/faults', { poolExhaustion: true });
    await eventually(async () => (await injected('pool_exhaustion')) === 4);
    const { status, body, headers, elapsedMs } = await api.get('/transactions');
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'database_timeout', '1']);
    expect(elapsedMs).toBeLessThan(1_000);
    const health = await api.get('/health');
    expect([health.status, health.body.status, health.elapsedMs < 1_000]).toEqual([503, 'unavailable', true]);
    expect(await api.metric('api_database_up')).toBe(0);
    await api.delete('/faults');
    expect((await api.get('/transactions')).status).toBe(200);
    expect(await api.metric('api_database_up')).toBe(0); // as of the last health check
    await expectHealthy();
    expect(await api.metric('api_database_up')).toBe(1);
  });

  it('of pool exhaustion outlives the sessions that it holds', async () => {
    await api.put('/faults', { poolExhaustion: true });
    await eventually(async () => (await injected('pool_exhaustion')) >= 8);
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'api'`,
    );
    await eventually(async () => (await injected('pool_exhaustion')) >= 12);
    expect((await api.get('/transactions')).status).toBe(503);
  });

  it('of burst inserts that many pending transactions, once', async () => {
    const before = (await pending()) ?? 0;
    const { status, body } = await api.put('/faults', { burst: 12_345, latencyMs: 1 });
    expect([status, body]).toEqual([200, { active: { latencyMs: 1 }, until: null }]);
    expect(await pending()).toBe(before + 12_345);
    expect(await active()).toEqual(['latency']);
    expect((await api.get('/transactions?limit=1')).body.items[0]).toMatchObject({
      status: 'pending',
      currency: 'EUR',
    });
  });

  it('of burst that cannot be inserted is 503 as a whole: nothing is on', async () => {
    await api.put('/faults', { poolExhaustion: true });
    await eventually(async () => (await api.metric('api_postgres_pool_connections{state="idle"}')) === 0);
    await database.query(`ALTER DATABASE ${database.name} CONNECTION LIMIT 0`);
    try {
      await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'api'`,
      );
      const { status, body } = await api.put('/faults', { burst: 10, latencyMs: 1 });
      expect([status, body.code]).toEqual([503, 'database_unavailable']);
      expect((await api.get('/faults')).body).toEqual({ active: {}, until: null });
    } finally {
      await database.query(`ALTER DATABASE ${database.name} CONNECTION LIMIT -1`);
    }
  });

  it('of CPU burn keeps the cores busy and leaves the api responsive', async () => {
    const cpu = () => process.cpuUsage().user / 1_000;
    await api.put('/faults', { cpuBurnThreads: 1 });
    const [startedAt, used] = [performance.now(), cpu()];
    await eventually(() => cpu() - used > 300, { timeoutMs: 5_000 });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect((await api.get('/faults')).elapsedMs).toBeLessThan(1_000);
    expect(await injected('cpu_burn')).toBe(1);
  });
});

describe('a fault of the process or of the database', () => {
  it('of the event loop makes everything wait, and can still be ended', async () => {
    await api.put('/faults', { eventLoopBlockMs: 600 });
    await eventually(async () => ((await injected('event_loop_block')) ?? 0) > 0);
    const startedAt = performance.now(); // the api runs in this process, whose timers are as late as its answers
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(performance.now() - startedAt).toBeGreaterThan(500);
    expect((await api.delete('/faults')).body.active).toEqual({});
    const blocks = await injected('event_loop_block');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await injected('event_loop_block')).toBe(blocks);
  });

  it('of file descriptors opens that many a second up to its bound, and its end closes them', async () => {
    const open = () => api.metric('process_open_fds');
    const before = (await open()) ?? 0;
    await api.put('/faults', { fileDescriptorsPerSecond: 1_000 });
    await eventually(async () => ((await open()) ?? 0) > before + 300);
    await api.delete('/faults');
    await eventually(async () => ((await open()) ?? 0) < before + 100);
    await withClock(async (clock, sick) => {
      await sick.put('/faults', { fileDescriptorsPerSecond: 1_000 });
      await clock.advance(20_000);
      expect(await sick.metric('api_faults_injected_total{fault="file_descriptor_leak"}')).toBe(4_000);
    });
  });

  it('of a locked table makes every statement wait, also those of others; ending it is a cure', async () => {
    await api.put('/faults', { databaseLockMs: 1_500 });
    await eventually(async () => (await injected('database_lock')) === 1);
    expect((await api.get('/transactions')).elapsedMs).toBeGreaterThan(300);
    expect((await api.get('/health')).status).toBe(200);
    await eventually(async () => ((await injected('database_lock')) ?? 0) > 1);
    const startedAt = performance.now();
    const other = database.query('SELECT count(*) FROM transactions');
    await api.delete('/faults');
    await other;
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    const storm = 'SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = $$api-fault$$';
    await eventually(async () => (await database.query<{ n: number }>(storm))[0]?.n === 0);
  });

  it('of a connection storm holds connections beside the pool; ending it gives them back', async () => {
    const storm = `SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE application_name = 'api-fault' AND datname = current_database()`;
    const held = async () => (await database.query<{ n: number }>(storm))[0]?.n;
    await api.put('/faults', { connectionStorm: 12 });
    await eventually(async () => (await held()) === 12);
    expect(await active()).toEqual(['connection_storm']);
    expect((await api.get('/transactions')).status).toBe(200);
    await api.delete('/faults');
    await eventually(async () => (await held()) === 0);
  });
});

describe('faults that end', () => {
  it('all of them by themselves after their duration, on the clock', async () => {
    await withClock(async (clock, sick) => {
      await sick.put('/faults', { hang: true, durationSeconds: 30 });
      const answer = sick.get('/transactions');
      await eventually(async () => (await sick.metric('api_requests_in_flight')) === 1);
      await clock.advance(29_999);
      expect(await sick.metric('api_fault_active{fault="hang"}')).toBe(1);
      await clock.advance(1);
      expect((await answer).status).toBe(200);
      expect(await sick.metric('api_fault_active{fault="hang"}')).toBe(0);
      expect((await sick.get('/faults')).body).toEqual({ active: {}, until: null });
    });
  });

  it('not when they were replaced before', async () => {
    await withClock(async (clock, sick) => {
      await sick.put('/faults', { errorRate: 1, durationSeconds: 30 });
      await sick.put('/faults', { errorRate: 1 });
      await clock.advance(60_000);
      expect((await sick.get('/transactions')).status).toBe(500);
    });
  });

  it('a leak that grows by its rate and stops at its bound', async () => {
    await withClock(async (clock, sick) => {
      const leaked = () => sick.metric('api_faults_injected_total{fault="memory_leak"}');
      await sick.put('/faults', { memoryLeakMbPerSecond: 2 });
      await clock.advance(5_000);
      expect(await leaked()).toBe(11);
      const external = process.memoryUsage().arrayBuffers;
      expect(external).toBeGreaterThan(11 * 1024 * 1024);
      await clock.advance(300_000);
      expect(await leaked()).toBe(256);
    });
  });

  it('hanging requests are answered when the process is asked to stop', async () => {
    const sick = await startApi(database.url, { FAULTS_ENABLED: 'true' });
    await sick.put('/faults', { hang: true });
    const answers = Array.from({ length: 5 }, () => sick.get('/transactions'));
    await eventually(async () => (await sick.metric('api_requests_in_flight')) === 5);
    expect(await sick.stop()).toEqual([]);
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  it('an exhausted pool, busy cores, leaks, a lock and a storm do not keep the process from stopping', async () => {
    const sick = await startApi(database.url, { FAULTS_ENABLED: 'true', DATABASE_POOL_SIZE: '2' });
    await sick.put('/faults', {
      poolExhaustion: true,
      cpuBurnThreads: 1,
      memoryLeakMbPerSecond: 64,
      fileDescriptorsPerSecond: 10,
      databaseLockMs: 1_000,
      connectionStorm: 3,
    });
    await eventually(async () => (await sick.metric('api_faults_injected_total{fault="pool_exhaustion"}')) === 2);
    const waiting = sick.get('/transactions');
    await eventually(async () => (await sick.metric('api_postgres_pool_connections{state="waiting"}')) === 1);
    expect(await sick.stop()).toEqual([]);
    expect((await waiting).status).toBe(200);
  });

  it('crash happens once, after the rest is on', async () => {
    let crashes = 0;
    const sick = await startApi(database.url, { FAULTS_ENABLED: 'true' }, { crash: () => void crashes++ });
    expect((await sick.put('/faults', { crash: true })).status).toBe(200);
    expect([crashes, await sick.metric('api_faults_injected_total{fault="crash"}')]).toEqual([1, 1]);
    expect(await sick.metric('api_fault_active{fault="crash"}')).toBe(1);
    await sick.stop();
  });

  it('crash ends the process with 1 after the answer, and the next process is well', async () => {
    const env = { DATABASE_URL: database.url, FAULTS_ENABLED: 'true' };
    const first = await spawnService('api', env);
    const answer = await ask(`${first.url}/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"crash":true,"latencyMs":60000}',
    });
    expect(answer.status).toBe(200);
    expect(await first.exited).toEqual({ code: 1, signal: null });
    expect(first.logs.at(-1)).toMatchObject({ level: 'fatal', msg: 'uncaught exception' });
    const second = await spawnService('api', env);
    expect((await ask(`${second.url}/faults`)).body).toEqual({ active: {}, until: null });
    expect((await ask(`${second.url}/transactions`)).status).toBe(200);
    expect((await second.stop()).code).toBe(0);
  });
});

async function withClock(work: (clock: FakeClock, sick: RunningApi) => Promise<void>): Promise<void> {
  const clock = createFakeClock();
  const sick = await startApi(database.url, { FAULTS_ENABLED: 'true' }, { clock });
  try {
    await work(clock, sick);
  } finally {
    await sick.stop();
  }
}
