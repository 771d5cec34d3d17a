import { randomUUID } from 'node:crypto';
import { createServer, request, type Server } from 'node:http';
import { createLogger } from '@stack/service-kit/logger';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createActionRegistry } from '../../src/runtime/agent/action-registry.ts';
import { createAgentApp } from '../../src/runtime/agent/agent-app.ts';
import { createAgentRuntime } from '../../src/runtime/agent/agent-runtime.ts';
import { type Runtime, RuntimeUnavailable } from '../../src/runtime/runtime.ts';
import { token } from './agent-world.ts';
import { createFakeWorld } from './fake-world.ts';

const logger = createLogger({ service: 'agent', level: 'silent' });
const options = { healthTimeoutMs: 10_000 };
const json = { 'content-type': 'application/json', authorization: `Bearer ${token}` };

describe('the agent', () => {
  let world: Awaited<ReturnType<typeof createFakeWorld>>;
  let server: Server;
  let url: string;
  let registry: ReturnType<typeof createActionRegistry>;
  beforeEach(async () => {
    world = await createFakeWorld();
    registry = createActionRegistry();
    const app = createAgentApp({ runtime: world.runtime, policy: { maxReplicas: 3 }, token, logger, registry });
    server = createServer((req, res) => app(req, res)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await world.stop(); // first: what still hangs on the engine ends
    await registry.stop();
  });

  const client = (more: object = {}): Runtime => createAgentRuntime({ url, token, ...more });
  const post = (path: string, body: unknown, headers: Record<string, string> = json) =>
    fetch(`${url}${path}`, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
  const restartBody = (more: object = {}) => ({
    id: randomUUID(),
    service: 'worker',
    healthTimeoutMs: 10_000,
    ...more,
  });
  const restarts = () => world.engine.events.filter((event) => event.startsWith('restart'));
  const outcome = async (id: string) =>
    (await (await fetch(`${url}/v2/actions/${id}?waitMs=5000&afterStep=99`, { headers: json })).json()) as {
      state: string;
    };

  it.each([
    ['no token', {}],
    ['an empty token', { authorization: 'Bearer ' }],
    ['a wrong token', { authorization: 'Bearer wrong' }],
    ['a token with another scheme', { authorization: `Basic ${token}` }],
  ])('does nothing for a caller with %s', async (_, headers) => {
    const { authorization: __, ...plain } = json;
    for (const path of ['/v2/observation', '/v2/evidence?service=worker', '/v2/ping', `/v2/actions/${randomUUID()}`])
      expect((await fetch(url + path, { headers })).status).toBe(401);
    expect((await post('/v2/restart', restartBody(), { ...plain, ...headers })).status).toBe(401);
    expect(world.engine.events).toEqual([]);
  });

  it('tells a bot with the wrong token what is wrong', async () => {
    const stranger = createAgentRuntime({ url, token: 'wrong' });
    await expect(stranger.observe()).rejects.toThrow(/401.*Authorization: Bearer/);
    await expect(stranger.restart({ service: 'worker' }, options)).rejects.toThrow(RuntimeUnavailable);
  });

  it('answers health checks without a token', async () => {
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    world.engine.fail({ on: /./, how: 500 });
    expect((await fetch(`${url}/health`)).status).toBe(503);
  });

  it.each<[string, string, unknown, number]>([
    ['an image', '/v2/scale', restartBody({ from: 1, to: 2, Image: 'evil' }), 400],
    ['mounts', '/v2/scale', restartBody({ from: 1, to: 2, HostConfig: { Binds: ['/:/host'] } }), 400],
    ['a command', '/v2/restart', restartBody({ Cmd: ['sh'] }), 400],
    ['another project', '/v2/restart', restartBody({ project: 'other' }), 400],
    ['a service that is a path', '/v2/restart', restartBody({ service: '../../containers/x' }), 400],
    ['a replica that is a path', '/v2/restart', restartBody({ replica: 'a/b' }), 400],
    ['half a replica', '/v2/scale', restartBody({ from: 1, to: 1.5 }), 400],
    ['no number', '/v2/scale', restartBody({}), 400],
    ['no time', '/v2/restart', restartBody({ healthTimeoutMs: 0 }), 400],
    ['too much time', '/v2/restart', restartBody({ healthTimeoutMs: 1e12 }), 400],
    ['an id that is none', '/v2/restart', restartBody({ id: 'mine' }), 400],
    ['nothing', '/v2/restart', null, 400],
    ['a list', '/v2/restart', [], 400],
    ['half a body', '/v2/restart', '{', 400],
    ['a body that is too large', '/v2/restart', `"${'x'.repeat(20_000)}"`, 413],
    ['an unknown verb', '/v2/create', restartBody(), 404],
  ])('does not take %s', async (_, path, body, status) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/problem\+json/);
    expect(world.engine.events).toEqual([]);
  });

  it('does not take what a page in a browser could send across sites', async () => {
    expect((await post('/v2/restart', restartBody(), { ...json, 'content-type': 'text/plain' })).status).toBe(415);
  });

  it.each([0, 4, 100_000])('keeps services between 1 and its own limit, whatever it is asked for (%d)', async (to) => {
    expect(await client().scale({ service: 'worker' }, { from: 1, to }, options)).toMatchObject({
      ok: false,
      code: 'out_of_bounds',
      retryable: false,
    });
    expect(world.engine.events).toEqual([]);
  });

  it('does not take the container of one service for that of another', async () => {
    const { services } = await world.runtime.observe();
    const replica = services.get('bystander')?.replicas[0]?.id ?? '';
    expect(await client().restart({ service: 'worker', replica }, options)).toMatchObject({
      ok: false,
      code: 'target_missing',
    });
    expect(restarts()).toEqual([]);
  });

  it('takes the same request twice, or twenty times at once, for one', async () => {
    const body = restartBody();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('/v2/restart', body)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(await outcome(body.id)).toMatchObject({ state: 'done', result: { ok: true } });
    expect((await post('/v2/restart', body)).status).toBe(202);
    expect(restarts()).toHaveLength(1);
  });

  it('refuses an id that was used for another wish', async () => {
    const body = restartBody();
    await post('/v2/restart', body);
    const again = await post('/v2/restart', { ...body, service: 'plain' });
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ code: 'id_reused' });
  });

  it('acts on a service for one caller at a time', async () => {
    world.engine.fail({ on: /POST .*restart/, how: 'hang', times: 1 });
    await post('/v2/restart', restartBody());
    const [worker] = (await world.runtime.observe()).services.get('worker')?.replicas ?? [];
    const conflict = { ok: false, code: 'conflict', retryable: true };
    const other = { service: 'worker', replica: worker?.id ?? '' };
    expect(await client().restart(other, options)).toMatchObject(conflict);
    expect(await client().scale({ service: 'worker' }, { from: 1, to: 2 }, options)).toMatchObject(conflict);
    expect(await client().restart({ service: 'plain' }, options)).toMatchObject({ ok: true });
  });

  it('lets a bot that was killed and asks anew join what it had begun', async () => {
    const worker = world.engine.state.containers.find(({ Name }) => Name === '/demo-worker-1');
    worker!.behaviour.healthyAfter = 300;
    await post('/v2/restart', restartBody({ healthTimeoutMs: 3_600_000 }));
    expect(await client().restart({ service: 'worker' }, options)).toMatchObject({ ok: true });
    expect(restarts()).toHaveLength(1);
    await client().restart({ service: 'worker' }, { healthTimeoutMs: 3_600_000 });
    expect(restarts()).toHaveLength(2);
  });

  it('begins nothing more while it stops', async () => {
    await registry.stop();
    expect(await client().restart({ service: 'worker' }, options)).toMatchObject({ ok: false, code: 'conflict' });
    expect(restarts()).toEqual([]);
  });

  it('finishes an action whose caller died, and tells the next caller who asks', async () => {
    const body = restartBody();
    const dying = request(`${url}/v2/restart`, { method: 'POST', headers: json });
    dying.on('error', () => undefined);
    dying.end(JSON.stringify(body));
    await expect
      .poll(() => fetch(`${url}/v2/actions/${body.id}`, { headers: json }).then(({ status }) => status))
      .toBe(200);
    dying.destroy();
    expect(await outcome(body.id)).toMatchObject({ state: 'done', result: { ok: true } });
    expect(restarts()).toHaveLength(1);
  });

  it('passes the steps on in order and once', async () => {
    const steps: string[] = [];
    await client({ longPollMs: 1 }).restart(
      { service: 'worker' },
      { ...options, onStep: ({ step }) => steps.push(step) },
    );
    expect(steps).toEqual(['restarting', 'started', 'healthy']);
  });

  it('gives an action up when the bot does', async () => {
    const controller = new AbortController();
    const worker = world.engine.state.containers.find(({ Name }) => Name === '/demo-worker-1');
    worker!.behaviour.healthyAfter = Number.MAX_SAFE_INTEGER;
    const onStep = ({ step }: { step: string }) => step === 'started' && controller.abort(new Error('stopping'));
    const patient = { healthTimeoutMs: 3_600_000, signal: controller.signal, onStep };
    expect(await client().restart({ service: 'worker' }, patient)).toMatchObject({ ok: false, code: 'aborted' });
  });

  it('hands on that its own engine is away', async () => {
    world.engine.fail({ on: /./, how: 'reset' });
    await expect(client().observe()).rejects.toThrow(/503.*no answer from the Docker engine/);
    await expect(client().restart({ service: 'worker' }, options)).rejects.toThrow(/no answer from the Docker engine/);
    await expect(client().ping()).rejects.toThrow(RuntimeUnavailable);
  });
});
