import { startTcpProxy, type TcpProxy } from '@stack/test-kit/tcp-proxy';
import { createTestDatabase, type TestDatabase } from '@stack/test-kit/test-database';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createLogger } from '../src/logger.ts';
import { createPool, type Pool, poolConnections, withTransaction } from '../src/postgres.ts';
import { classifyDatabaseError } from '../src/sqlstate.ts';

const lines: string[] = [];
const logger = createLogger({
  service: 'test',
  level: 'warn',
  destination: { write: (line: string) => void lines.push(line) },
});
let database: TestDatabase;
let proxy: TcpProxy;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.query('CREATE TABLE notes (id int PRIMARY KEY)');
  await database.query('GRANT ALL ON notes TO app');
});
afterAll(() => database.drop());

beforeEach(async () => {
  lines.length = 0;
  proxy = await startTcpProxy({ port: Number(new URL(database.url).port) });
  pool = createPool({
    connectionString: proxy.through(database.url),
    applicationName: 'kit-test',
    logger,
    max: 2,
    connectTimeoutMs: 150,
    statementTimeoutMs: 100,
    queryTimeoutMs: 200,
  });
});
afterEach(async () => {
  proxy.resume();
  await pool.end();
  await proxy.stop();
});

const kindOf = async (work: Promise<unknown>) => classifyDatabaseError(await work.catch((error: unknown) => error));
const notes = async () => (await database.query('SELECT id FROM notes ORDER BY id')).map(({ id }) => id);

it('says who it is, speaks UTC, and hands timestamps on as ISO 8601 text', async () => {
  const { rows } = await pool.query(
    `SELECT current_setting('application_name') AS name, timestamptz '2026-01-01 12:00:00.25+02' AS at`,
  );
  expect(rows).toEqual([{ name: 'kit-test', at: '2026-01-01T10:00:00.25Z' }]);
});

it('a statement that takes too long is cancelled by the server, and the pool goes on', async () => {
  expect(await kindOf(pool.query('SELECT pg_sleep(5)'))).toBe('timeout');
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

it('a server that hangs is given up, and used again when it is back', async () => {
  await pool.query('SELECT 1');
  proxy.pause();
  expect(await kindOf(pool.query('SELECT 1'))).toBe('timeout');
  expect(await kindOf(pool.query('SELECT 1'))).toBe('timeout');
  proxy.resume();
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

it('connections that are busy for longer than the limit, with one short query after the other, are left alone', async () => {
  const until = performance.now() + 600; // three times the limit
  const busy = async () => {
    while (performance.now() < until) await pool.query('SELECT pg_sleep(0.005)');
  };
  await Promise.all(Array.from({ length: 6 }, busy)); // more than the pool has: a connection never comes to rest
  expect(lines.join()).not.toContain('lost a database connection');
  expect(poolConnections(pool)).toMatchObject({ total: 2 });
});

it('a connection that a hanging server held is not used again', async () => {
  await pool.query('SELECT 1');
  proxy.pause();
  expect(await kindOf(pool.query('SELECT 1'))).toBe('timeout');
  expect(pool.totalCount).toBe(0);
});

it('a server that refuses connections is unavailable, and used again when it accepts', async () => {
  await proxy.refuse();
  expect(await kindOf(pool.query('SELECT 1'))).toBe('unavailable');
  await proxy.accept();
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

it('connections that are cut while idle or busy do not end the process', async () => {
  await pool.query('SELECT 1');
  proxy.cut();
  await expect.poll(() => lines.join()).toContain('lost a database connection');
  const client = await pool.connect();
  const busy = kindOf(client.query('SELECT pg_sleep(0.09)'));
  proxy.cut();
  expect(await busy).toBe('unavailable');
  client.release(true);
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

it('a pool with no free connection times out instead of waiting for ever', async () => {
  const held = [await pool.connect(), await pool.connect()];
  const waiting = kindOf(pool.query('SELECT 1'));
  expect(poolConnections(pool)).toEqual({ total: 2, idle: 0, waiting: 1 });
  expect(await waiting).toBe('timeout');
  for (const client of held) client.release();
});

it('a query that finds an idle connection does not count as waiting', async () => {
  await pool.query('SELECT 1');
  const asked = pool.query('SELECT 1');
  expect(poolConnections(pool)).toEqual({ total: 1, idle: 1, waiting: 0 });
  await asked;
});

it('a transaction commits what its work resolves', async () => {
  expect(
    await withTransaction(pool, async (client) => (await client.query('INSERT INTO notes VALUES (1)')).rowCount),
  ).toBe(1);
  expect(await notes()).toEqual([1]);
});

it('a transaction takes back what its work throws, and gives a clean client back', async () => {
  const failing = withTransaction(pool, async (client) => {
    await client.query('INSERT INTO notes VALUES (2)');
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await notes()).toEqual([1]);
  expect(poolConnections(pool)).toMatchObject({ total: 1, idle: 1 });
});

it('a transaction whose server hangs destroys its client without a second wait', async () => {
  const failing = withTransaction(pool, async (client) => {
    await client.query('INSERT INTO notes VALUES (3)');
    proxy.pause();
    await client.query('SELECT 1');
  });
  expect(await kindOf(failing)).toBe('timeout');
  expect(pool.totalCount).toBe(0);
  proxy.resume();
  await expect.poll(notes).toEqual([1]);
});

it('a session that idles in a transaction is ended by the server, and its locks with it', async () => {
  const strict = createPool({
    connectionString: database.url,
    applicationName: 'strict',
    logger,
    idleInTransactionTimeoutMs: 50,
  });
  const client = await strict.connect();
  await client.query('BEGIN; INSERT INTO notes VALUES (4)');
  await expect
    .poll(() => database.query(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'strict'`))
    .toEqual([]);
  client.release(true);
  await strict.end();
  expect(await notes()).toEqual([1]);
});
