import { eventually } from '@stack/test-kit/eventually';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { type MigratedCluster, startCluster } from '@stack/test-kit/start-cluster';
import { startTcpProxy, type TcpProxy } from '@stack/test-kit/tcp-proxy';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, ask, type RunningApi, readMetric, startApi, validBody } from './support/api.ts';

/** Short, so that the tests are; the sum is what a request may take: connect, statement, half a second of patience. */
const timeouts = { DATABASE_CONNECT_TIMEOUT_MS: '500', DATABASE_STATEMENT_TIMEOUT_MS: '700' };
const worstCaseMs = 500 + 700 + 500;
const slackMs = 1_000; // this machine has better things to do too

let cluster: MigratedCluster;
let proxy: TcpProxy;
let databaseUrl: string;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('transactions');
  proxy = await startTcpProxy({ port: cluster.port });
  databaseUrl = proxy.through(cluster.url('transactions', 'app'));
});
afterAll(async () => {
  await proxy.stop();
  await cluster.stop();
});

/** A refusal that tells the client to come back, in time, and is nobody's 500. */
function expectUnavailable(answer: Answer): void {
  expect(answer.status).toBe(503);
  expect(['database_unavailable', 'database_timeout']).toContain(answer.body.code);
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(answer.elapsedMs).toBeLessThan(worstCaseMs + slackMs);
}

describe('an api whose database', () => {
  let api: RunningApi;
  beforeEach(async () => {
    api = await startApi(databaseUrl, timeouts);
  });
  afterEach(async () => {
    await expectRecovered();
    expect(await api.metric('api_problems_total{code="internal"}')).toBe(0);
    expect(await api.stop()).toEqual([]);
  });

  /** All three kinds of requests, at once. */
  const tryAll = () =>
    Promise.all([
      api.get('/transactions'),
      api.get('/transactions/1'),
      api.post('/transactions', validBody),
      api.post('/transactions', validBody, { 'idempotency-key': `key-${Math.random()}` }),
    ]);
  const expectAllUnavailable = async () => (await tryAll()).forEach(expectUnavailable);
  const expectUnhealthy = async () => {
    const health = await api.get('/health');
    expect([health.status, health.body.status, health.body.checks.database.status]).toEqual([
      503,
      'unavailable',
      'unavailable',
    ]);
    expect(health.elapsedMs).toBeLessThan(1_000);
    expect((await api.get('/health/live')).status).toBe(200);
    expect(await api.metric('api_database_up')).toBe(0);
  };
  const expectRecovered = async () => {
    await eventually(async () => (await api.get('/health')).status === 200);
    await eventually(async () => (await api.post('/transactions', validBody)).status === 201);
    expect((await api.get('/transactions')).status).toBe(200);
    expect(await api.metric('api_database_up')).toBe(1);
  };

  it('is killed answers 503 at once and recovers by itself when it is back', async () => {
    await tryAll();
    await cluster.kill();
    await expectAllUnavailable();
    await expectUnhealthy();
    await cluster.restart();
  });

  it('is paused with connections open answers 503 within its timeout', async () => {
    await tryAll();
    await cluster.pause();
    try {
      const health = expectUnhealthy();
      await expectAllUnavailable();
      await health;
      await expectAllUnavailable(); // now on new connections, which hang too
      await expectUnhealthy();
    } finally {
      await cluster.resume();
    }
  });

  it('is paused under more requests than the pool has connections answers all of them within their timeout', async () => {
    await tryAll();
    await cluster.pause();
    try {
      const answers = await Promise.all(Array.from({ length: 100 }, () => api.get('/transactions')));
      answers.forEach(expectUnavailable);
    } finally {
      await cluster.resume();
    }
  });

  it('is behind a network that swallows everything answers 503 within its timeout', async () => {
    await tryAll();
    proxy.pause();
    try {
      await expectAllUnavailable();
      await expectUnhealthy();
    } finally {
      proxy.cut();
      proxy.resume();
    }
  });

  it('refuses new connections, and resets the old ones', async () => {
    await tryAll();
    await proxy.refuse();
    try {
      proxy.cut();
      await expectAllUnavailable();
      await expectUnhealthy();
    } finally {
      await proxy.accept();
    }
  });

  it.each([
    ['CONNECTION LIMIT 0', 'CONNECTION LIMIT -1'],
    ['ALLOW_CONNECTIONS false', 'ALLOW_CONNECTIONS true'],
  ])('is told ALTER DATABASE … %s answers 503', async (close, open) => {
    await tryAll();
    await asOwner(`ALTER DATABASE transactions ${close}`);
    try {
      await asOwner(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'api'`);
      await expectAllUnavailable();
      await expectUnhealthy();
    } finally {
      await asOwner(`ALTER DATABASE transactions ${open}`);
    }
  });

  it('holds a lock too long answers 503 database_timeout, and keeps the session for others', async () => {
    const release = await lockTable();
    try {
      const answer = await api.post('/transactions', validBody);
      expectUnavailable(answer);
      expect(answer.body.code).toBe('database_timeout');
    } finally {
      await release();
    }
  });

  it('holds a lock too long under many inserts refuses those that wait behind others in time as well', async () => {
    const release = await lockTable();
    try {
      const answers = await Promise.all(Array.from({ length: 250 }, () => api.post('/transactions', validBody)));
      answers.forEach(expectUnavailable);
    } finally {
      await release();
    }
  });

  it('is only slow still answers', async () => {
    proxy.delay(50);
    try {
      expect((await tryAll()).map(({ status }) => status)).toEqual([200, expect.any(Number), 201, 201]);
    } finally {
      proxy.delay(0);
    }
  });

  it('ends one session between two requests costs at most that one request', async () => {
    await tryAll();
    await asOwner(`SELECT pg_terminate_backend(min(pid)) FROM pg_stat_activity WHERE application_name = 'api'`);
    const statuses: number[] = [];
    for (let i = 0; i < 20; i++) statuses.push((await api.get('/transactions')).status);
    const failed = statuses.filter((status) => status !== 200);
    expect(failed.length).toBeLessThanOrEqual(1);
    expect(failed.every((status) => status === 503)).toBe(true);
  });

  it('counts each failure by its kind', async () => {
    const count = async () => (await api.metric('api_database_errors_total{kind="unavailable"}')) ?? 0;
    const before = await count();
    await proxy.refuse();
    proxy.cut();
    for (let i = 0; i < 3; i++) expectUnavailable(await api.get('/transactions'));
    await proxy.accept();
    expect(await count()).toBeGreaterThanOrEqual(before + 3);
  });

  async function asOwner(statement: string): Promise<void> {
    const client = await connectAsOwner('postgres');
    await client.query(statement).finally(() => client.end());
  }

  async function lockTable(): Promise<() => Promise<void>> {
    const client = await connectAsOwner('transactions');
    await client.query('BEGIN');
    await client.query('LOCK TABLE transactions IN ACCESS EXCLUSIVE MODE');
    return () => client.end();
  }

  async function connectAsOwner(database: string) {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: cluster.url(database) });
    await client.connect();
    return client;
  }
});

describe('the process', () => {
  let service: SpawnedService;
  afterEach(async () => {
    expect((await service.stop()).code).toBe(0);
  });
  const post = (body: object, headers: Record<string, string> = {}) =>
    ask(`${service.url}/transactions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  it('starts without a database, says so, and serves as soon as there is one', async () => {
    await cluster.kill();
    service = await spawnService('api', { DATABASE_URL: databaseUrl, ...timeouts });
    expect((await ask(`${service.url}/health`)).status).toBe(503);
    expect((await ask(`${service.url}/health/live`)).status).toBe(200);
    expectUnavailable(await ask(`${service.url}/transactions`));
    await cluster.restart();
    await eventually(async () => (await ask(`${service.url}/transactions`)).status === 200);
  });

  it('starts before the migrations have run, and serves as soon as they have', async () => {
    const url = proxy.through(cluster.url('not_there_yet', 'app'));
    service = await spawnService('api', { DATABASE_URL: url, ...timeouts });
    expectUnavailable(await ask(`${service.url}/transactions`));
    await cluster.createDatabase('not_there_yet');
    await eventually(async () => (await ask(`${service.url}/transactions`)).status === 200);
  });

  it('outlives kills, restarts and pauses under load; every transaction that it acknowledged is there, once', async () => {
    service = await spawnService('api', { DATABASE_URL: databaseUrl, ...timeouts });
    const acknowledged = new Map<string, string>();
    const withoutKey = new Map<string, string>();
    const odd: string[] = [];
    let isLoading = true;
    const client = async (name: number) => {
      for (let i = 0; isLoading; i++) {
        const key = `${name}-${i}`;
        for (let answered = false; !answered && isLoading; ) {
          const { status, body } = await post(validBody, { 'idempotency-key': key });
          answered = status === 201;
          if (answered) acknowledged.set(key, body.id);
          else if (status !== 503) odd.push(`${status} ${JSON.stringify(body)}`);
        }
      }
    };
    const clientWithoutKey = async (name: number) => {
      for (let i = 0; isLoading; i++) {
        const description = `without a key, ${name}-${i}`;
        const { status, body } = await post({ ...validBody, description });
        if (status === 201) withoutKey.set(body.id, description);
        else if (status !== 503) odd.push(`${status} ${JSON.stringify(body)}`);
      }
    };
    const clients = Array.from({ length: 8 }, (_, name) => [client(name), clientWithoutKey(name)]).flat();
    const moreThan = (count: number) => eventually(() => acknowledged.size > count, { timeoutMs: 20_000 });
    await moreThan(50);
    for (const trouble of [() => cluster.kill(), () => cluster.pause(), () => proxy.cut()]) {
      await trouble();
      await eventually(
        async () => (await ask(`${service.url}/health`)).status === 503 || trouble.toString().includes('cut'),
      );
      await cluster.resume();
      if (trouble.toString().includes('kill')) await cluster.restart();
      await moreThan(acknowledged.size + 50);
    }
    await cluster.restart(); // a fast shutdown, as an upgrade does
    await moreThan(acknowledged.size + 50);
    isLoading = false;
    await Promise.all(clients);
    expect(odd).toEqual([]);
    const { text } = await ask(`${service.url}/metrics`);
    expect(readMetric(text, 'api_problems_total{code="internal"}')).toBe(0);
    await expectStoredOnce(acknowledged);
    await expectStored(withoutKey);
  });

  async function readStored<Row extends object>(text: string): Promise<Row[]> {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: cluster.url('transactions') });
    await client.connect();
    const { rows } = await client.query<Row>(text);
    await client.end();
    return rows;
  }

  /** Ids with the descriptions that were answered for them. */
  async function expectStored(acknowledged: Map<string, string>): Promise<void> {
    const rows = await readStored<{ id: string; description: string }>(
      `SELECT id, description FROM transactions WHERE description LIKE 'without a key%'`,
    );
    const stored = new Map(rows.map(({ id, description }) => [id, description]));
    expect(acknowledged.size).toBeGreaterThan(50);
    for (const [id, description] of acknowledged) expect([id, stored.get(id)]).toEqual([id, description]);
  }

  async function expectStoredOnce(acknowledged: Map<string, string>): Promise<void> {
    const rows = await readStored<{ key: string; id: string; found: boolean }>(
      'SELECT key, transaction_id AS id, t.id IS NOT NULL AS found FROM idempotency_keys LEFT JOIN transactions t ON t.id = transaction_id',
    );
    const stored = new Map(rows.filter(({ found }) => found).map(({ key, id }) => [key, id]));
    for (const [key, id] of acknowledged) expect([key, stored.get(key)]).toEqual([key, id]);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  }
});
