import { connect, type Socket } from 'node:net';
import { eventually } from '@stack/test-kit/eventually';
import { canLimitMemory, createMemoryLimit, type MemoryLimit } from '@stack/test-kit/memory-limit';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { createTestDatabase, type TestDatabase } from '@stack/test-kit/test-database';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask, readMetric, validBody } from './support/api.ts';

/** `mem_limit` of the API in docker-compose.yml. */
const limitMebibytes = 384;

let database: TestDatabase;
let limit: MemoryLimit;
let api: SpawnedService;
let open: Socket[] = [];

/** Sends `text` and reads nothing of what comes. */
function stalledClient(text: string): void {
  const socket = connect(api.port, '127.0.0.1');
  socket.on('error', () => undefined).pause();
  socket.write(text);
  open.push(socket);
}

async function isWell(): Promise<void> {
  const headers = { 'content-type': 'application/json', connection: 'close' };
  const answer = await ask(`${api.url}/transactions`, { method: 'POST', headers, body: JSON.stringify(validBody) });
  expect(answer.status).toBe(201);
  expect(limit.wasKilled()).toBe(false);
}

const title = `the api within ${limitMebibytes} MiB, as in docker-compose.yml, outlives`;

describe.skipIf(!canLimitMemory())(title, { timeout: 120_000 }, () => {
  beforeAll(async () => {
    database = await createTestDatabase();
    await database.query(`INSERT INTO transactions (account_id, amount, currency, description)
      SELECT 'a', 1, 'EUR', repeat('x', 500) FROM generate_series(1, 500)`);
    limit = createMemoryLimit(limitMebibytes);
    api = await spawnService('api', { DATABASE_URL: database.url }, { memoryLimit: limit });
  });
  afterEach(async () => {
    for (const socket of open) socket.destroy();
    open = [];
    await isWell();
  });
  afterAll(async () => {
    process.stdout.write(
      `the api used ${Math.round(limit.peakBytes() / 1_048_576)} of ${limitMebibytes} MiB at most\n`,
    );
    await api.stop();
    limit.remove();
    await database.drop();
  });

  it.each([
    ['a thousand clients that ask for the largest page and read nothing', '/transactions?limit=500'],
    ['a thousand clients that ask for /metrics and read nothing', '/metrics'],
  ])('%s', async (_name, path) => {
    for (let i = 0; i < 1_000; i++) stalledClient(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(3));
    await eventually(isWell, { timeoutMs: 60_000 });
  });

  it('a thousand bodies that never end', async () => {
    const head =
      'POST /transactions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 65536\r\n\r\n';
    for (let i = 0; i < 1_000; i++) stalledClient(head + ' '.repeat(65_000));
    await eventually(isWell, { timeoutMs: 60_000 });
  });

  it('two thousand connections that say nothing', async () => {
    for (let i = 0; i < 2_000; i++) stalledClient('GET /health/live HTTP/1.1\r\nHo');
    await eventually(isWell, { timeoutMs: 60_000 });
  });

  it('and none of it counted as an error of the api', async () => {
    const metrics = (await ask(`${api.url}/metrics`)).text;
    expect(metrics).not.toMatch(/http_request_duration_seconds_count\{status_code="5/);
    expect(readMetric(metrics, 'api_escaped_errors_total')).toBe(0);
  });
});
