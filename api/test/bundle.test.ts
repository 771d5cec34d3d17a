import { gzipSync } from 'node:zlib';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { createTestDatabase, type TestDatabase } from '@stack/test-kit/test-database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, validBody } from './support/api.ts';

// What a bundle leaves out or loads late (build.mjs) is missed by requests only: each of these needs some of it.

let database: TestDatabase;
let service: SpawnedService;
beforeAll(async () => {
  database = await createTestDatabase();
  service = await spawnService('api', { DATABASE_URL: database.url, FAULTS_ENABLED: 'true' });
});
afterAll(async () => {
  expect((await service.stop()).code).toBe(0);
  await database.drop();
});

const post = (body: NonNullable<RequestInit['body']>, headers: Record<string, string> = {}) =>
  ask(`${service.url}/transactions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });

describe('the api as it is shipped', () => {
  it('takes a body, also a compressed one', async () => {
    const body = JSON.stringify(validBody);
    expect((await post(body)).status).toBe(201);
    const compressed = await post(new Uint8Array(gzipSync(body)), { 'content-encoding': 'gzip' });
    expect([compressed.status, compressed.body.amount]).toEqual([201, '12.50']);
  });

  it('answers the same request with its key the same', async () => {
    const answers = [];
    for (let i = 0; i < 2; i++) answers.push(await post(JSON.stringify(validBody), { 'idempotency-key': 'once' }));
    expect(answers[1]?.text).toBe(answers[0]?.text);
  });

  it.each([
    ['no JSON', '{', {}, 400, 'bad_json'],
    ['too much', `"${'x'.repeat(70_000)}"`, {}, 413, 'body_too_large'],
    ['another charset', '{}', { 'content-type': 'application/json; charset=koi8-r' }, 415, 'unsupported_media_type'],
    ['another encoding', '{}', { 'content-encoding': 'zip' }, 415, 'unsupported_media_type'],
    ['no gzip', 'not compressed', { 'content-encoding': 'gzip' }, 400, expect.any(String)],
  ])('refuses a body that is %s', async (_what, body, headers, status, code) => {
    const answer = await post(body, headers as Record<string, string>);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('lists, pages, documents itself and takes faults', async () => {
    const { body } = await ask(`${service.url}/transactions?limit=1`);
    expect((await ask(`${service.url}/transactions?limit=1&cursor=${body.nextCursor}`)).status).toBe(200);
    expect((await ask(`${service.url}/docs`)).headers.get('content-type')).toMatch(/^text\/html/);
    expect((await ask(`${service.url}/openapi.json`)).body.openapi).toMatch(/^3\.1/);
    const refused = await ask(`${service.url}/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"latencyMs":-1}',
    });
    expect([refused.status, refused.body.code]).toEqual([400, 'validation_failed']);
  });
});
