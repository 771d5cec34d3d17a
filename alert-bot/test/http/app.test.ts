import { connect } from 'node:net';
import { createHealth } from '@stack/service-kit/health';
import { startHttpServer } from '@stack/service-kit/http-server';
import { createLogger } from '@stack/service-kit/logger';
import { pino } from 'pino';
import request from 'supertest';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { type Healer, HealerUnavailable } from '../../src/healer/healer.ts';
import { createAlertBotMetrics } from '../../src/metrics.ts';
import { createFakeHealer } from './fake-healer.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const shortForm = { alerts: [{ labels: { alertname: 'APIHighLatency', severity: 'critical' } }] };
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const runbook = '# Runbook\n\n## APIHighLatency\n\nThe API is *slow*.';

function createTestApp(
  overrides: Partial<Healer> = {},
  token?: string,
  log = logger,
  markdown: string | null = runbook,
) {
  const fake = createFakeHealer(overrides);
  const metrics = createAlertBotMetrics();
  const app = createApp({
    healer: fake.healer,
    health: createHealth({ incident_log: () => undefined }),
    metrics,
    logger: log,
    token,
    now: () => Date.parse('2026-01-01T00:00:00Z'),
    runbookMarkdown: markdown ?? undefined,
  });
  return { ...fake, ...app, metrics };
}

async function deliveriesOf({ metrics }: ReturnType<typeof createTestApp>) {
  const { values } = await metrics.deliveries.get();
  return Object.fromEntries(
    values.filter(({ value }) => value > 0).map(({ labels, value }) => [labels['result'], value]),
  );
}

describe('POST /alert', () => {
  it.each(['/alert', '/alerts'])('%s takes the short form and answers each decision with 202', async (path) => {
    const app = createTestApp();
    const response = await request(app.express).post(path).send(shortForm);
    expect(response.status).toBe(202);
    expect(response.body).toMatchObject({
      accepted: 1,
      truncatedAlerts: 0,
      results: [{ incident: 'inc-1', alertname: 'APIHighLatency', decision: 'act', reason: 'matched' }],
    });
    expect(await deliveriesOf(app)).toEqual({ accepted: 1 });
  });

  it.each([
    ['nothing', '', 'application/json', 400, 'invalid'],
    ['broken JSON', '{"alerts":[', 'application/json', 400, 'invalid'],
    ['a list', '[]', 'application/json', 400, 'invalid'],
    ['null', 'null', 'application/json', 400, 'invalid'],
    ['alerts that are no list', '{"alerts":7}', 'application/json', 400, 'invalid'],
    ['labels that are no texts', '{"alerts":[{"labels":{"alertname":7}}]}', 'application/json', 400, 'invalid'],
    ['an alert without labels', '{"alerts":[{}]}', 'application/json', 400, 'invalid'],
    [
      'a status that does not exist',
      '{"alerts":[{"status":"maybe","labels":{"a":"b"}}]}',
      'application/json',
      400,
      'invalid',
    ],
    ['a time that is none', '{"alerts":[{"startsAt":"soon","labels":{"a":"b"}}]}', 'application/json', 400, 'invalid'],
    ['a form of a web page', 'alerts=1', 'application/x-www-form-urlencoded', 415, 'unsupported'],
    ['text of a web page', JSON.stringify(shortForm), 'text/plain', 415, 'unsupported'],
    ['17 MB', `{"alerts":[],"x":"${'x'.repeat(17 * 1_048_576)}"}`, 'application/json', 413, 'too_large'],
  ])('%s is refused and reaches nobody', async (_name, body, type, status, result) => {
    const app = createTestApp();
    const response = await request(app.express).post('/alert').set('content-type', type).send(body);
    expect([response.status, response.type]).toEqual([status, 'application/problem+json']);
    expect(app.calls).toEqual([]);
    expect(await deliveriesOf(app)).toEqual({ [result]: 1 });
  });

  it('says where a payload is wrong', async () => {
    const response = await request(createTestApp().express)
      .post('/alert')
      .send({ alerts: [{ labels: { alertname: 7 } }] });
    expect(response.body.errors).toEqual([{ path: 'alerts[0].labels.alertname', message: expect.any(String) }]);
  });

  it('takes what can be taken, and lists, counts and logs the rest', async () => {
    const lines: Record<string, unknown>[] = [];
    const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const app = createTestApp({}, undefined, pino({ level: 'warn' }, stream));
    const odd = { labels: { alertname: 7 } };
    const body = { alerts: [odd, ...shortForm.alerts, ...Array(29).fill(odd)] };
    const response = await request(app.express).post('/alert').send(body);
    expect(response.status).toBe(202);
    expect(response.body).toMatchObject({ accepted: 1, refusedCount: 30, leftOut: 0, results: [{ decision: 'act' }] });
    expect(response.body.refused).toHaveLength(20);
    expect(response.body.refused[0]).toEqual({ path: 'alerts[0].labels.alertname', message: 'must be a text' });
    expect(await deliveriesOf(app)).toEqual({ accepted: 1 });
    expect((await app.metrics.alertsRefused.get()).values[0]?.value).toBe(30);
    expect(lines).toMatchObject([{ level: 40, refused: 30, msg: 'alerts of a delivery were refused' }]);
  });

  it('a delivery of which nothing can be taken is 400, counted and logged: sending it again is no use', async () => {
    const app = createTestApp();
    const response = await request(app.express)
      .post('/alert')
      .send({ alerts: [null, { labels: {} }] });
    expect([response.status, response.body.errors.length]).toEqual([400, 2]);
    expect((await app.metrics.alertsRefused.get()).values[0]?.value).toBe(2);
    expect(app.calls).toEqual([]);
  });

  it('a delivery without alerts is taken', async () => {
    const response = await request(createTestApp().express).post('/alert').send({ alerts: [] });
    expect([response.status, response.body.accepted]).toEqual([202, 0]);
  });

  it.each([
    ['queue_full', 'unavailable'],
    ['log_unwritable', 'log_unavailable'],
    ['stopping', 'stopping'],
  ] as const)(
    'a bot that cannot take it (%s) answers 503 with Retry-After, so that Alertmanager tries again',
    async (reason, code) => {
      const app = createTestApp({ intake: () => Promise.reject(new HealerUnavailable(reason, 'not now', 5)) });
      const response = await request(app.express).post('/alert').send(shortForm);
      expect([response.status, response.headers['retry-after'], response.body.code]).toEqual([503, '5', code]);
      expect(await deliveriesOf(app)).toEqual({ unavailable: 1 });
    },
  );

  it('another method is 405', async () => {
    const response = await request(createTestApp().express).get('/alert');
    expect([response.status, response.headers['allow']]).toEqual([405, 'POST']);
  });
});

describe('who may ask', () => {
  const token = 'a-token-of-some-length';
  const guarded: ['get' | 'post' | 'delete', string][] = [
    ['post', '/alert'],
    ['post', '/alerts'],
    ['post', '/pause'],
    ['delete', '/pause'],
    ['get', '/status'],
    ['get', '/incidents'],
    ['get', '/incidents/inc-1'],
    ['get', '/incidents/stream'],
    ['post', '/incidents/inc-1/approve'],
    ['post', '/incidents/inc-1/reject'],
    ['post', '/targets/api/release'],
  ];
  it.each(guarded)('%s %s needs the token, missing, empty or wrong', async (method, path) => {
    const app = createTestApp({}, token);
    for (const header of [undefined, '', 'Bearer', 'Bearer wrong']) {
      const asked = request(app.express)[method](path);
      const response = await (header === undefined ? asked : asked.set('authorization', header));
      expect([response.status, response.body.code]).toEqual([401, 'unauthorized']);
    }
    expect(app.calls).toEqual([]);
  });

  it('the right token passes', async () => {
    const app = createTestApp({}, token);
    const response = await request(app.express).post('/alert').set('authorization', `Bearer ${token}`).send(shortForm);
    expect(response.status).toBe(202);
  });

  it('/runbooks is no empty page when RUNBOOK.md was not shipped', async () => {
    const response = await request(createTestApp({}, undefined, logger, null).express).get('/runbooks');
    expect([response.status, response.body.detail]).toEqual([404, 'RUNBOOK.md is not beside the program.']);
  });

  it.each(['/health', '/health/live', '/metrics', '/runbooks', '/openapi.json', '/docs'])(
    '%s is open',
    async (path) => {
      expect((await request(createTestApp({}, token).express).get(path)).status).toBe(200);
    },
  );

  it.each([
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a page of a sister site', { 'sec-fetch-site': 'same-site' }],
    ['a page with another origin', { origin: 'https://evil.example' }],
    [
      'a page whose name was pointed at this machine',
      { origin: 'http://evil.example:5001', 'sec-fetch-site': 'same-origin' },
    ],
    ['a page without an origin', { origin: 'null' }],
  ])('%s cannot act', async (_name, headers) => {
    const app = createTestApp();
    for (const path of ['/alert', '/pause', '/incidents/inc-1/approve', '/targets/api/release']) {
      const response = await request(app.express).post(path).set(headers).send(shortForm);
      expect([response.status, response.body.code]).toEqual([403, 'forbidden']);
    }
    expect(app.calls).toEqual([]);
  });

  it('a page served from this machine can', async () => {
    const headers = { origin: 'http://localhost:5001', 'sec-fetch-site': 'same-origin' };
    expect((await request(createTestApp().express).post('/alert').set(headers).send(shortForm)).status).toBe(202);
  });
});

describe('control', () => {
  it('pauses with who and why, and resumes', async () => {
    const app = createTestApp();
    const paused = await request(app.express).post('/pause').send({ minutes: 30, reason: 'deploy', by: 'mira' });
    expect(paused.body).toEqual({ until: '2026-01-01T00:30:00.000Z', reason: 'deploy', by: 'mira' });
    expect((await request(app.express).delete('/pause')).status).toBe(204);
    expect(app.calls).toEqual([
      ['pause', { minutes: 30, reason: 'deploy', by: 'mira' }],
      ['resume', { by: expect.stringMatching(/^http .*127\.0\.0\.1$/) }],
    ]);
  });

  it.each([
    [{}, 'body.minutes'],
    [{ minutes: 0 }, 'body.minutes'],
    [{ minutes: -5 }, 'body.minutes'],
    [{ minutes: '30' }, 'body.minutes'],
    [{ minutes: 99_999 }, 'body.minutes'],
    [{ minutes: 30, until: 'tomorrow' }, 'body.until'],
  ])('a pause of %j is refused', async (body, path) => {
    const app = createTestApp();
    const response = await request(app.express).post('/pause').send(body);
    expect([response.status, response.body.errors[0].path]).toEqual([400, path]);
    expect(app.calls).toEqual([]);
  });

  it('approves without a body, as a person with curl does', async () => {
    const response = await request(createTestApp().express).post('/incidents/inc-1/approve');
    expect([response.status, response.body.decision]).toEqual([202, 'act']);
  });

  it('an incident that is not there is 404, one that waits for nothing is 409', async () => {
    const app = createTestApp();
    expect((await request(app.express).post('/incidents/nope/approve')).status).toBe(404);
    expect((await request(app.express).post('/incidents/inc-1/reject')).status).toBe(409);
  });

  it('releases a service', async () => {
    const response = await request(createTestApp().express).post('/targets/api/release').send({ by: 'mira' });
    expect(response.body).toEqual({ target: 'api', service: 'api', wasQuarantined: true });
  });
});

describe('reading', () => {
  it('lists incidents with the filters that were asked for', async () => {
    const app = createTestApp();
    const response = await request(app.express).get('/incidents?limit=7&status=firing&service=api');
    expect(response.body).toMatchObject({ items: [{ id: 'inc-1' }], nextCursor: null });
    expect(app.calls).toEqual([['incidents', { limit: 7, status: 'firing', service: 'api' }]]);
  });

  it.each([
    'limit=0',
    'limit=-1',
    'limit=abc',
    'limit=501',
    'limit=1&limit=2',
    'status=maybe',
    'phase=x',
    'colour=red',
  ])('?%s is refused', async (query) => {
    expect((await request(createTestApp().express).get(`/incidents?${query}`)).status).toBe(400);
  });

  it('shows one incident with its timeline', async () => {
    const { express } = createTestApp();
    expect((await request(express).get('/incidents/inc-1')).body).toMatchObject({ id: 'inc-1', timeline: [] });
    expect((await request(express).get('/incidents/other')).status).toBe(404);
  });

  it('streams every event, and ends its streams when it is closed', async () => {
    const app = createTestApp();
    const server = await startHttpServer(app.express, { host: '127.0.0.1', port: 0, logger });
    stops.push(server.stop);
    const response = await fetch(`${server.url}/incidents/stream`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe(': connected\n\n');
    app.emit({ v: 2, seq: 7, at: '2026-01-01T00:00:00Z', incident: null, type: 'resumed', by: 'mira' });
    expect((await reader?.read())?.value).toBe(
      'id: 7\nevent: resumed\ndata: {"v":2,"seq":7,"at":"2026-01-01T00:00:00Z","incident":null,"type":"resumed","by":"mira"}\n\n',
    );
    app.stream.close();
    expect((await reader?.read())?.done).toBe(true);
    await expect.poll(() => app.listeners.size).toBe(0);
    expect((await fetch(`${server.url}/incidents/stream`)).status).toBe(503);
  });

  it('HEAD of the stream is answered at once, and is no reader', async () => {
    const response = await request(createTestApp().express).head('/incidents/stream');
    expect([response.status, response.type]).toEqual([200, 'text/event-stream']);
  });

  it('a page of long incidents ends early, with the cursor to the rest', async () => {
    const long = { id: 'inc', labels: { text: 'x'.repeat(300_000) } };
    const incidents = vi.fn(({ limit }: { limit: number }) => ({
      items: Array.from({ length: limit }, () => long),
      nextCursor: `after-${limit}`,
    }));
    const app = createTestApp({ incidents: incidents as unknown as Healer['incidents'] });
    const { body } = await request(app.express).get('/incidents?limit=500');
    expect([body.items.length, body.nextCursor]).toEqual([3, 'after-3']);
  });

  it('the runbook page has an anchor for each alert, as runbook_url names it', async () => {
    const response = await request(createTestApp().express).get('/runbooks');
    expect(response.text).toContain('<h2 id="apihighlatency">APIHighLatency</h2>');
    expect(response.text).toContain('The API is <em>slow</em>.');
  });

  it('every route is in the OpenAPI document', async () => {
    const { express } = createTestApp();
    const { body } = await request(express).get('/openapi.json');
    const documented = Object.keys(body.paths).map((path) => path.replace(/\{(\w+)\}/g, ':$1'));
    type Layer = { route?: { path: string } };
    const served = (express.router.stack as unknown as Layer[]).flatMap(({ route }) => route?.path ?? []);
    const apart = new Set(['/openapi.json', '/docs']);
    expect([...new Set(served)].filter((path) => !apart.has(path)).sort()).toEqual(documented.sort());
  });
});

it('a client that drips its headers is closed, and alerts are taken meanwhile', async () => {
  const app = createTestApp();
  const server = await startHttpServer(app.express, { host: '127.0.0.1', port: 0, logger, headersTimeoutMs: 50 });
  stops.push(server.stop);
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  socket.write('POST /alert HTTP/1.1\r\nHost: x\r\n');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const response = await fetch(`${server.url}/alert`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(shortForm),
  });
  expect(response.status).toBe(202);
  await closed;
});
