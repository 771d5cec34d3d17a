import { randomUUID } from 'node:crypto';
import { access, chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@stack/service-kit/logger';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createActionRegistry } from '../../src/runtime/agent/action-registry.ts';
import { createAgentApp } from '../../src/runtime/agent/agent-app.ts';
import { createAgentRuntime } from '../../src/runtime/agent/agent-runtime.ts';
import { createAgentService } from '../../src/runtime/agent/agent-service.ts';
import { findPolicyRefusal, type Wish } from '../../src/runtime/agent/check-policy.ts';
import { type Runtime, RuntimeUnavailable } from '../../src/runtime/runtime.ts';
import { token } from './agent-world.ts';
import { createFakeWorld, createLeapingClock } from './fake-world.ts';

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
    (await (await fetch(`${url}/v1/actions/${id}?waitMs=5000&afterStep=99`, { headers: json })).json()) as {
      state: string;
    };

  it.each([
    ['no token', {}],
    ['an empty token', { authorization: 'Bearer ' }],
    ['a wrong token', { authorization: 'Bearer wrong' }],
    ['a token with another scheme', { authorization: `Basic ${token}` }],
  ])('does nothing for a caller with %s', async (_, headers) => {
    const { authorization: __, ...plain } = json;
    for (const path of ['/v1/observation', '/v1/evidence?service=worker', '/v1/ping', `/v1/actions/${randomUUID()}`])
      expect((await fetch(url + path, { headers })).status).toBe(401);
    expect((await post('/v1/restart', restartBody(), { ...plain, ...headers })).status).toBe(401);
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
    ['an image', '/v1/scale', restartBody({ to: 2, Image: 'evil' }), 400],
    ['mounts', '/v1/scale', restartBody({ to: 2, HostConfig: { Binds: ['/:/host'] } }), 400],
    ['a command', '/v1/restart', restartBody({ Cmd: ['sh'] }), 400],
    ['another project', '/v1/restart', restartBody({ project: 'other' }), 400],
    ['a service that is a path', '/v1/restart', restartBody({ service: '../../containers/x' }), 400],
    ['a replica that is a path', '/v1/restart', restartBody({ replica: 'a/b' }), 400],
    ['half a replica', '/v1/scale', restartBody({ to: 1.5 }), 400],
    ['no number', '/v1/scale', restartBody({}), 400],
    ['no time', '/v1/restart', restartBody({ healthTimeoutMs: 0 }), 400],
    ['too much time', '/v1/restart', restartBody({ healthTimeoutMs: 1e12 }), 400],
    ['an id that is none', '/v1/restart', restartBody({ id: 'mine' }), 400],
    ['nothing', '/v1/restart', null, 400],
    ['a list', '/v1/restart', [], 400],
    ['half a body', '/v1/restart', '{', 400],
    ['a body that is too large', '/v1/restart', `"${'x'.repeat(20_000)}"`, 413],
    ['an unknown verb', '/v1/create', restartBody(), 404],
  ])('does not take %s', async (_, path, body, status) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/problem\+json/);
    expect(world.engine.events).toEqual([]);
  });

  it('does not take what a page in a browser could send across sites', async () => {
    expect((await post('/v1/restart', restartBody(), { ...json, 'content-type': 'text/plain' })).status).toBe(415);
  });

  it.each([0, 4, 100_000])('keeps services between 1 and its own limit, whatever it is asked for (%d)', async (to) => {
    expect(await client().scale({ service: 'worker' }, to, options)).toMatchObject({
      ok: false,
      code: 'out_of_bounds',
      retryable: false,
    });
    expect(world.engine.events).toEqual([]);
  });

  it('does not take the container of one service for that of another', async () => {
    const { services } = await world.runtime.observe();
    const replica = services['bystander']?.replicas[0]?.id ?? '';
    expect(await client().restart({ service: 'worker', replica }, options)).toMatchObject({
      ok: false,
      code: 'target_missing',
    });
    expect(restarts()).toEqual([]);
  });

  it('takes the same request twice, or twenty times at once, for one', async () => {
    const body = restartBody();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('/v1/restart', body)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(await outcome(body.id)).toMatchObject({ state: 'done', result: { ok: true } });
    expect((await post('/v1/restart', body)).status).toBe(202);
    expect(restarts()).toHaveLength(1);
  });

  it('refuses an id that was used for another wish', async () => {
    const body = restartBody();
    await post('/v1/restart', body);
    const again = await post('/v1/restart', { ...body, service: 'plain' });
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ code: 'id_reused' });
  });

  it('acts on a service for one caller at a time', async () => {
    world.engine.fail({ on: /POST .*restart/, how: 'hang', times: 1 });
    await post('/v1/restart', restartBody());
    const [worker] = (await world.runtime.observe()).services['worker']?.replicas ?? [];
    const conflict = { ok: false, code: 'conflict', retryable: true };
    const other = { service: 'worker', replica: worker?.id ?? '' };
    expect(await client().restart(other, options)).toMatchObject(conflict);
    expect(await client().scale({ service: 'worker' }, 2, options)).toMatchObject(conflict);
    expect(await client().restart({ service: 'plain' }, options)).toMatchObject({ ok: true });
  });

  it('lets a bot that was killed and asks anew join what it had begun', async () => {
    const worker = world.engine.state.containers.find(({ Name }) => Name === '/demo-worker-1');
    worker!.behaviour.healthyAfter = 300;
    await post('/v1/restart', restartBody({ healthTimeoutMs: 3_600_000 }));
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
    const dying = request(`${url}/v1/restart`, { method: 'POST', headers: json });
    dying.on('error', () => undefined);
    dying.end(JSON.stringify(body));
    await expect
      .poll(() => fetch(`${url}/v1/actions/${body.id}`, { headers: json }).then(({ status }) => status))
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

describe('the policy of an agent', () => {
  const replica = {
    id: 'a',
    name: 'demo-api-1',
    service: 'api',
    number: 1,
    state: 'running',
    health: 'healthy',
  } as const;
  const running = { ...replica, startedAt: '', restartCount: 0, addresses: [], optedIn: true };
  const api = { optedIn: true, protected: false, replicas: [running] };
  it.each<[string, Partial<typeof api>, Wish, string | undefined]>([
    ['lets a restart pass', {}, { service: 'api' }, undefined],
    ['lets a restart of one replica pass', {}, { service: 'api', replica: 'a' }, undefined],
    ['lets a scaling within bounds pass', {}, { service: 'api', to: 3 }, undefined],
    ['knows only its own project', {}, { service: 'web' }, 'target_missing'],
    ['knows no service that every object has', {}, { service: 'constructor' }, 'target_missing'],
    ['keeps what is protected', { protected: true }, { service: 'api' }, 'protected_target'],
    ['keeps what has not opted in', { optedIn: false }, { service: 'api' }, 'not_opted_in'],
    [
      'keeps what has half opted in',
      { replicas: [running, { ...running, optedIn: false }] },
      { service: 'api' },
      'not_opted_in',
    ],
    ["keeps other services' replicas", {}, { service: 'api', replica: 'b' }, 'target_missing'],
    ['keeps the last replica', {}, { service: 'api', to: 0 }, 'out_of_bounds'],
    ['keeps its limit', {}, { service: 'api', to: 4 }, 'out_of_bounds'],
  ])('%s, whatever its runtime would do', (_, more, wish, code) => {
    const observed = { project: 'demo', observedAt: 0, services: { api: { ...api, ...more } } };
    expect(findPolicyRefusal(wish, observed, { maxReplicas: 3 })?.code).toBe(code);
  });
});

/** A bot and its agent with a line between them that breaks on demand. */
describe('a line that breaks', () => {
  let world: Awaited<ReturnType<typeof createFakeWorld>>;
  let server: Server;
  let url: string;
  let breakOn: (call: string) => 'before' | 'after' | undefined;
  let registry: ReturnType<typeof createActionRegistry>;
  beforeEach(async () => {
    world = await createFakeWorld();
    breakOn = () => undefined;
    registry = createActionRegistry();
    server = createServer((req, res) => {
      const how = breakOn(`${req.method} ${req.url}`);
      if (how === 'before') return void req.socket.destroy();
      if (how === 'after') res.end = (() => res.destroy()) as never;
      createAgentApp({ runtime: world.runtime, policy: { maxReplicas: 3 }, token, logger, registry })(req, res);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await world.stop(); // first: what still hangs on the engine ends
    await registry.stop();
  });

  const restart = (more: object = {}) =>
    createAgentRuntime({ url, token, ...more }, { clock: createLeapingClock() }).restart(
      { service: 'worker' },
      options,
    );
  const restarts = () => world.engine.events.filter((event) => event.startsWith('restart'));

  it('after the request arrived costs nothing: the action is followed, not repeated', async () => {
    breakOn = (call) => (call.startsWith('POST') ? 'after' : undefined);
    expect(await restart()).toMatchObject({ ok: true });
    expect(restarts()).toHaveLength(1);
  });

  it('before the request arrived leaves it unknown, and nothing happened', async () => {
    breakOn = (call) => (call.startsWith('POST') ? 'before' : undefined);
    await expect(restart()).rejects.toThrow(/404.*never arrived, or the agent was restarted/);
    expect(restarts()).toEqual([]);
  });

  it('in the middle is waited out', async () => {
    let broken = 2;
    breakOn = (call) => (call.startsWith('GET') && broken-- > 0 ? 'after' : undefined);
    expect(await restart()).toMatchObject({ ok: true });
    expect(restarts()).toHaveLength(1);
  });

  it('for good leaves it unknown', async () => {
    breakOn = (call) => (call.startsWith('GET') ? 'before' : undefined);
    await expect(restart({ lostContactMs: 50 })).rejects.toThrow(RuntimeUnavailable);
    await expect.poll(restarts).toHaveLength(1);
  });

  it('because the agent was restarted leaves it unknown, and asks for nothing again', async () => {
    breakOn = (call) => {
      if (call.startsWith('GET')) registry = createActionRegistry();
      return undefined;
    };
    await expect(restart()).rejects.toThrow(/the agent was restarted/);
    expect(restarts().length).toBeLessThanOrEqual(1);
  });

  it.each(['http://127.0.0.1:1', 'unix:///nowhere/agent.sock'])(
    'because there is no agent (%s) fails at once',
    async (nowhere) => {
      const runtime = createAgentRuntime({ url: nowhere, token });
      await expect(runtime.restart({ service: 'worker' }, options)).rejects.toThrow(/ECONNREFUSED|ENOENT/);
      await expect(runtime.observe()).rejects.toThrow(RuntimeUnavailable);
    },
  );

  it('never ends when the agent hangs: the call does', async () => {
    const hanging = createNetServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => hanging.once('listening', resolve));
    const runtime = createAgentRuntime({
      url: `http://127.0.0.1:${(hanging.address() as { port: number }).port}`,
      callTimeoutMs: 50,
    });
    await expect(runtime.observe()).rejects.toThrow(/nothing within 50 ms/);
    hanging.close();
  });

  it.each(['not json', '{"project":1}', '{"project":"x","observedAt":1,"services":{"a":{"optedIn":"yes"}}}'])(
    'with somebody else at its end (%j) is not believed',
    async (body) => {
      const other = createServer((_req, res) => res.end(body)).listen(0, '127.0.0.1');
      await new Promise((resolve) => other.once('listening', resolve));
      const runtime = createAgentRuntime({ url: `http://127.0.0.1:${(other.address() as { port: number }).port}` });
      await expect(runtime.observe()).rejects.toThrow(/not understood/);
      other.close();
    },
  );
});

describe('the agent on a unix socket', () => {
  let directory: string;
  let socketPath: string;
  let world: Awaited<ReturnType<typeof createFakeWorld>>;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'agent-'));
    socketPath = join(directory, 'agent.sock');
    world = await createFakeWorld();
  });
  afterEach(async () => {
    await world.stop();
    await rm(directory, { recursive: true });
  });

  const createService = () =>
    createAgentService({ runtime: world.runtime, policy: { maxReplicas: 3 }, token, listen: { socketPath }, logger });

  it('is reachable for its own user only, and gone when the agent has stopped', async () => {
    const service = createService();
    await service.start();
    expect(service.url).toBe(`unix://${socketPath}`);
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    await createAgentRuntime({ url: service.url ?? '', token }).ping();
    expect(await service.stop()).toEqual([]);
    await expect(access(socketPath)).rejects.toThrow(/ENOENT/);
  });

  it('takes the place of an agent that was killed, never of one that lives', async () => {
    const first = createService();
    await first.start();
    await expect(createService().start()).rejects.toThrow(/EADDRINUSE/);
    await first.stop();
    await leaveDeadSocket(socketPath);
    const second = createService();
    await second.start();
    await second.stop();
  });
});

/** What a killed process leaves behind: a socket file with nobody behind it. */
async function leaveDeadSocket(path: string): Promise<void> {
  const { link } = await import('node:fs/promises');
  const server = createNetServer().listen(`${path}.tmp`);
  await new Promise((resolve) => server.once('listening', resolve));
  await link(`${path}.tmp`, path);
  await chmod(path, 0o600);
  await new Promise((resolve) => server.close(resolve));
}
