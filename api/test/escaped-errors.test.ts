import { fileURLToPath } from 'node:url';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { createTestDatabase, type TestDatabase } from '@stack/test-kit/test-database';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ask, readMetric, validBody } from './support/api.ts';

const preload = fileURLToPath(import.meta.resolve('@stack/test-kit/errors-that-escape.cjs'));

let database: TestDatabase;
let service: SpawnedService;
beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  service = await spawnService('api', { DATABASE_URL: database.url, NODE_OPTIONS: `--require ${preload}` });
});
afterEach(() => service.stop());
afterAll(() => database.drop());

const post = (where?: string) =>
  ask(`${service.url}/transactions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(where && { 'x-escape': where }) },
    body: JSON.stringify(validBody),
  });

it.each(['event', 'timer', 'promise'])(
  'an error that no handler can catch, thrown in a %s, costs its request and nothing else',
  async (where) => {
    const others = Array.from({ length: 20 }, () => post());
    const answer = await post(where);
    expect([answer.status, answer.body.code]).toEqual([500, 'internal']);
    expect(answer.text).not.toContain('a bug');
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual(others.map(() => 201));
    expect((await post()).status).toBe(201);
    const error = service.logs.find(({ msg }) => msg === 'request failed');
    expect(error).toMatchObject({ level: 'error', reqId: answer.body.requestId });
    expect(JSON.stringify(error)).toContain('a bug that no handler catches');
    const metrics = (await ask(`${service.url}/metrics`)).text;
    expect(readMetric(metrics, 'api_escaped_errors_total')).toBe(1);
    expect(readMetric(metrics, 'api_problems_total{code="internal"}')).toBe(1);
  },
);

it('an error after the answer still ends the process: nobody knows what else it has hit', async () => {
  expect((await post('late')).status).toBe(201);
  expect(await service.exited).toEqual({ code: 1, signal: null });
});

it('an error outside of every request still ends the process', async () => {
  expect((await post()).status).toBe(201);
  service.kill('SIGUSR2');
  expect(await service.exited).toEqual({ code: 1, signal: null });
});
