import type { Express } from 'express';
import request from 'supertest';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { createBaseApp } from '../src/base-app.ts';
import { createHealth, healthEndpoint, liveEndpoint } from '../src/health.ts';
import { jsonBody } from '../src/json-body.ts';
import { createLogger } from '../src/logger.ts';
import { createMetrics } from '../src/metrics.ts';
import { commonProblems, methodNotAllowed, ProblemError, parseOrProblem } from '../src/problems.ts';

function createApp(addRoutes: (app: Express) => void = () => undefined) {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const logger = createLogger({ service: 'test', level: 'debug', destination });
  const metrics = createMetrics({ prefix: 'api', defaultMetrics: false });
  const problems: string[] = [];
  const app = createBaseApp(
    {
      logger,
      metrics,
      catalogue: { ...commonProblems, gone: { status: 503, title: 'Gone' } },
      mapError: (error) =>
        (error as Error).message === 'map me' ? new ProblemError('gone', { retryAfterSeconds: 3 }) : undefined,
      onProblem: (code) => problems.push(code),
    },
    addRoutes,
  );
  return { app, lines, metrics, problems };
}

const withRoutes = () =>
  createApp((app) => {
    const body = z.strictObject({ name: z.string(), size: z.number() });
    app.post('/things/:id', jsonBody(1_000), (req, res) => void res.json(parseOrProblem(body, req.body, 'body')));
    app.all('/things/:id', methodNotAllowed('POST'));
    app.get('/boom', async () => {
      throw new Error('secret detail');
    });
    app.get('/map', () => {
      throw new Error('map me');
    });
    app.get('/half', (_req, res) => {
      res.write('half');
      throw new Error('too late');
    });
    app.get('/undocumented', () => {
      throw new ProblemError('no_such_code');
    });
  });

const post = (app: Express, body: string | Buffer, type = 'application/json') =>
  request(app).post('/things/7').set('content-type', type).send(body);

it.each([
  ['broken JSON', '{"name"', 'application/json', 400, 'bad_json'],
  ['a bare value', '7', 'application/json', 400, 'bad_json'],
  ['text', '{"name":"a","size":1}', 'text/plain', 415, 'unsupported_media_type'],
  ['a form', 'name=a', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
  ['an unknown charset', '{}', 'application/json; charset=klingon', 415, 'unsupported_media_type'],
  [
    'a body that is too large',
    JSON.stringify({ name: 'x'.repeat(2_000), size: 1 }),
    'application/json',
    413,
    'body_too_large',
  ],
  ['a wrong form', '{"name":1,"size":"x","colour":"red"}', 'application/json', 400, 'validation_failed'],
])('%s is answered with a problem', async (_name, body, type, status, code) => {
  const { app, problems } = withRoutes();
  const response = await post(app, body, type);
  expect(response.status).toBe(status);
  expect(response.type).toBe('application/problem+json');
  expect(response.body).toMatchObject({ code, status, instance: '/things/7', requestId: expect.any(String) });
  expect(problems).toEqual([code]);
});

it('a validation problem lists every field', async () => {
  const { app } = withRoutes();
  const { body } = await post(app, '{"name":1,"colour":"red","x":{}}');
  expect(body.errors.map((error: { path: string }) => error.path).sort()).toEqual([
    'body.colour',
    'body.name',
    'body.size',
    'body.x',
  ]);
});

it('an error of ours is a 500 that tells the client nothing and the log everything', async () => {
  const { app, lines } = withRoutes();
  const response = await request(app).get('/boom');
  expect(response.status).toBe(500);
  expect(response.text).not.toContain('secret detail');
  const failure = lines.find((line) => line['msg'] === 'request failed');
  expect(failure).toMatchObject({ level: 'error', code: 'internal', err: { message: 'secret detail' } });
});

it('a code that no catalogue knows is answered as internal, never as a success', async () => {
  const response = await request(withRoutes().app).get('/undocumented');
  expect(response.body).toMatchObject({ status: 500, code: 'internal' });
});

it('a mapped error carries its status and Retry-After', async () => {
  const response = await request(withRoutes().app).get('/map');
  expect([response.status, response.headers['retry-after'], response.body.code]).toEqual([503, '3', 'gone']);
});

it('an answer that breaks half-way cuts the line instead of looking complete', async () => {
  await expect(request(withRoutes().app).get('/half')).rejects.toThrow();
});

it.each([
  ['GET', '/nowhere', 404, 'not_found'],
  ['GET', '/%zz', 404, 'not_found'],
  ['POST', '/things/%zz', 400, 'bad_request'],
  ['PUT', '/things/1', 405, 'method_not_allowed'],
] as const)('%s %s is %i %s', async (method, path, status, code) => {
  const { app } = withRoutes();
  const response = await request(app)[method.toLowerCase() as 'get'](path);
  expect([response.status, response.body.code]).toEqual([status, code]);
});

it('10,000 random addresses and odd methods add one series, not 10,000', async () => {
  const { app, metrics } = withRoutes();
  const server = app.listen(0);
  try {
    for (let i = 0; i < 100; i++) {
      const paths = Array.from({ length: 100 }, (_, j) => `/${Math.random().toString(36)}/${i}-${j}?q=${j}`);
      await Promise.all(paths.map((path) => request(server).get(path)));
    }
    await request(server).propfind('/things/1');
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  const series = (await metrics.registry.metrics()).match(/^http_request_duration_seconds_count\{.*$/gm) ?? [];
  expect(series).toHaveLength(2);
  expect(series[0]).toContain('path="unmatched"');
  expect(series[1]).toContain('method="other"');
}, 60_000);

it('the route pattern is the label, and /metrics is not measured', async () => {
  const { app } = withRoutes();
  await post(app, '{"name":"a","size":1}');
  await request(app).get('/metrics');
  const { text, headers } = await request(app).get('/metrics');
  expect(headers['content-type']).toContain('text/plain; version=0.0.4');
  expect(text).toMatch(/http_request_duration_seconds_count\{.*method="POST",path="\/things\/:id"\} 1/);
  expect(text).toMatch(/_bucket\{le="0.2",/);
  expect(text).not.toContain('path="/metrics"');
});

it('one line for each request, with its id, and without its query', async () => {
  const { app, lines } = withRoutes();
  const response = await request(app).get('/nowhere?token=hunter2').set('x-request-id', 'abc.1');
  expect(response.headers['x-request-id']).toBe('abc.1');
  const line = lines.find((entry) => entry['msg'] === 'request');
  expect(line).toMatchObject({ level: 'info', reqId: 'abc.1', method: 'GET', path: '/nowhere', status: 404 });
  expect(JSON.stringify(lines)).not.toContain('hunter2');
});

it('a request id that could forge a log line is replaced', async () => {
  const { app } = withRoutes();
  const response = await request(app).get('/nowhere').set('x-request-id', 'a b"c');
  expect(response.headers['x-request-id']).toMatch(/^[0-9a-f]{12}-\w+$/);
});

it('secrets are redacted in log lines', () => {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'x',
    level: 'info',
    destination: { write: (line: string) => void lines.push(line) },
  });
  logger.info({ password: 'hunter2', config: { token: 'hunter2' }, headers: { authorization: 'Bearer hunter2' } }, 'x');
  expect(lines.join()).not.toContain('hunter2');
});

it('health answers 200 with every check, 503 with the same form when one fails or hangs', async () => {
  let work: () => unknown = () => undefined;
  const health = createHealth({ database: () => work(), disk: () => undefined }, 20);
  const { app } = createApp((a) => {
    a.get('/health', healthEndpoint(health));
    a.get('/health/live', liveEndpoint);
  });
  const good = await request(app).get('/health');
  expect([good.status, good.body.status, good.body.checks.database.status]).toEqual([200, 'ok', 'ok']);
  for (const bad of [
    () => {
      throw new Error('refused');
    },
    () => new Promise(() => undefined),
  ]) {
    work = bad;
    const response = await request(app).get('/health');
    expect([response.status, response.body.status]).toEqual([503, 'unavailable']);
    expect(response.body.checks).toMatchObject({ database: { status: 'unavailable' }, disk: { status: 'ok' } });
    expect((await request(app).get('/health/live')).status).toBe(200);
  }
});

it('a crowd of health requests shares one check', async () => {
  let runs = 0;
  const health = createHealth({ database: async () => void runs++ });
  await Promise.all(Array.from({ length: 28 }, health));
  expect(runs).toBe(1);
});
