import { gzipSync } from 'node:zlib';
import { hostileRequests } from '@stack/test-kit/hostile-requests';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { survivesHostileRequests } from '@stack/test-kit/survives-hostile-requests';
import { createTestDatabase, type TestDatabase } from '@stack/test-kit/test-database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, validBody } from './support/api.ts';

// What a bundle leaves out or loads late (tools/build) is missed by requests only: each of these needs some of it.

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
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'Application/JSON ; Charset=utf8',
    'application/json; profile="a;charset=utf-7"; charset=utf-8;',
  ])('takes a body of the type %s', async (type) => {
    expect((await post(JSON.stringify(validBody), { 'content-type': type })).status).toBe(201);
  });

  it('takes a body with a byte order mark, and one in chunks', async () => {
    expect((await post(`\ufeff${JSON.stringify(validBody)}`)).status).toBe(201);
    const stream = new Blob([JSON.stringify(validBody)]).stream();
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: stream, duplex: 'half' };
    expect((await ask(`${service.url}/transactions`, init as RequestInit)).status).toBe(201);
  });

  it('refuses a compressed body before it is read', async () => {
    const compressed = new Uint8Array(gzipSync(JSON.stringify(validBody)));
    const answer = await post(compressed, { 'content-encoding': 'gzip' });
    expect([answer.status, answer.body.code, answer.headers.get('accept-encoding')]).toEqual([
      415,
      'unsupported_media_type',
      'identity',
    ]);
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

const { method, path, body } = { method: 'POST', path: '/transactions', body: JSON.stringify(validBody) } as const;
survivesHostileRequests(hostileRequests({ write: { method, path, body }, read: '/transactions' }), () => service);
