import { createServer, type Server } from 'node:http';
import { createLogger } from '@stack/service-kit/logger';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAgentConfig } from '../../src/config.ts';
import { createAgentApp } from '../../src/runtime/agent/agent-app.ts';
import { createAgentRuntime } from '../../src/runtime/agent/agent-runtime.ts';
import { createDockerRuntime, type DockerRuntimeOptions } from '../../src/runtime/docker/docker-runtime.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { composeBody, createFakeRuntime, seedService } from './fake-world.ts';

const options = { healthTimeoutMs: 10_000 };
const logger = createLogger({ service: 'agent', level: 'silent' });

let engine: FakeEngine;
const stops: (() => Promise<void> | void)[] = [];
beforeEach(async () => {
  engine = await startFakeEngine();
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await engine.stop();
});

function runtimeOf(more: DockerRuntimeOptions = {}): Runtime {
  const runtime = createFakeRuntime(engine, more);
  stops.push(async () => runtime.close?.());
  return runtime;
}

/** As compose makes it in another project. */
function seedIn(project: string, service: string, labels: Record<string, string> = {}, body: object = {}) {
  const networks = { [`${project}_default`]: { Aliases: [service] } };
  return seedService(engine, service, {
    name: `${project}-${service}-1`,
    labels: { 'com.docker.compose.project': project, ...labels },
    host: { NetworkMode: `${project}_default` },
    networks,
    ...body,
  });
}

/** As `docker run` makes it. */
function seedPlain(
  name: string,
  labels: Record<string, string> = { 'self-healing.enable': 'true' },
  body: object = {},
) {
  return engine.seed(name, { ...composeBody(name), ...body, Labels: labels });
}

const optedOut = { 'self-healing.enable': 'no' };
const targetsOf = async (runtime: Runtime) => [...(await runtime.observe()).services.keys()].sort();

describe('the projects that a bot may act in', () => {
  beforeEach(() => {
    for (const project of ['demo', 'shop', 'blog']) seedIn(project, 'web');
    seedIn('shop', 'shy', optedOut);
    seedPlain('solo');
    seedPlain('nobody', {});
  });

  it.each([
    [[], ['web']],
    [['shop'], ['shop/shy', 'shop/web', 'web']],
    [
      ['demo', 'blog', '-'],
      ['-/nobody', '-/solo', 'blog/web', 'web'],
    ],
    [['*'], ['-/solo', 'blog/web', 'shop/web', 'web']],
    [['typo'], ['web']],
  ])('with PROJECTS %j are these targets', async (projects, targets) => {
    expect(await targetsOf(runtimeOf({ projects }))).toEqual(targets);
  });

  it('it restarts the one of them that was named, and no other of its name', async () => {
    const runtime = runtimeOf({ projects: ['shop'] });
    await runtime.observe();
    for (const service of ['shop/web', 'web', 'demo/web'])
      expect(await runtime.restart({ service }, options)).toMatchObject({ ok: true });
    expect(engine.events).toEqual(['restart shop-web-1', 'restart demo-web-1', 'restart demo-web-1']);
  });

  it.each([
    [
      'blog/web',
      'target_missing',
      'The project blog is not one that the bot may act in (demo, shop). Add it to PROJECTS.',
    ],
    ['-/solo', 'target_missing', 'The project - is not one'],
    ['shop/gone', 'target_missing', 'The project shop has no container of a service gone. It has shy, web.'],
    ['shop/shy', 'not_opted_in', 'has not opted in with the label self-healing.enable=true'],
    ['../demo/web', 'target_missing', 'is not the name of a target'],
    ['constructor/__proto__', 'target_missing', 'The project constructor is not one'],
  ])('it refuses %s: %s', async (service, code, message) => {
    const runtime = runtimeOf({ projects: ['shop'] });
    for (const result of [
      await runtime.restart({ service }, options),
      await runtime.scale({ service }, { from: 1, to: 2 }, options),
    ]) {
      expect(result).toMatchObject({ ok: false, code, message: expect.stringContaining(message) });
    }
    expect((await runtime.evidence(service)).replicas.length).toBe(service === 'shop/shy' ? 1 : 0);
    expect(engine.events).toEqual([]);
  });

  it('a clone stays in the project of its source, and only replicas of that project are counted', async () => {
    const runtime = runtimeOf({ projects: ['*'] });
    await runtime.observe();
    expect(await runtime.scale({ service: 'shop/web' }, { from: 1, to: 2 }, options)).toMatchObject({ ok: true });
    expect((await runtime.observe()).services.get('shop/web')?.replicas.map(({ name }) => name)).toEqual([
      'shop-web-1',
      'shop-web-2',
    ]);
    expect((await runtime.observe()).services.get('web')?.replicas).toHaveLength(1);
  });

  it('two hundred containers of one service name in as many projects are as many targets', async () => {
    for (let n = 0; n < 200; n += 1) seedIn(`p${n}`, 'web');
    const { services } = await runtimeOf({ projects: ['*'] }).observe();
    expect(services.size).toBe(204);
    expect(services.get('p123/web')).toMatchObject({
      project: 'p123',
      service: 'web',
      replicas: [{ name: 'p123-web-1' }],
    });
  });

  it('names that could mean two targets are none', async () => {
    for (const [index, [project, service]] of [
      ['demo', 'shop/web'],
      ['demo/x', 'web'],
      ['-', 'solo'],
      ['', 'web'],
      ['demo', '..'],
    ].entries())
      seedService(engine, 'odd', {
        name: `odd-${index}`,
        labels: { 'com.docker.compose.project': project as string, 'com.docker.compose.service': service as string },
      });
    expect(await targetsOf(runtimeOf({ projects: ['*'] }))).toEqual(['-/solo', 'blog/web', 'shop/web', 'web']);
  });
});

describe('a container outside of compose', () => {
  it('is restarted by its name, also when somebody made it again meanwhile, and never scaled', async () => {
    const before = seedPlain('solo');
    const runtime = runtimeOf({ projects: ['-'] });
    const { services } = await runtime.observe();
    expect(services.get('-/solo')).toMatchObject({ project: '-', service: 'solo', optedIn: true, protected: false });
    expect(services.get('-/solo')?.replicas).toMatchObject([{ name: 'solo', number: 1, service: 'solo' }]);
    expect(await runtime.restart({ service: '-/solo' }, options)).toMatchObject({ ok: true });
    engine.state.containers.splice(engine.state.containers.indexOf(before), 1);
    seedPlain('solo');
    expect(await runtime.restart({ service: '-/solo', replica: before.Id }, options)).toMatchObject({ ok: true });
    expect(engine.events).toEqual(['restart solo']);
    expect(await runtime.scale({ service: '-/solo' }, { from: 1, to: 2 }, options)).toMatchObject({
      ok: false,
      code: 'not_scalable',
    });
  });

  it.each(['com.docker.swarm.task.id', 'io.kubernetes.pod.name'])(
    'of another orchestrator (%s) is left to it',
    async (label) => {
      seedPlain('task', { 'self-healing.enable': 'true', [label]: 'x' });
      expect(await targetsOf(runtimeOf({ projects: ['*'] }))).toEqual([]);
    },
  );

  it('is the home of a bot that runs outside of compose, which finds itself and leaves itself alone', async () => {
    const own = seedPlain('bot');
    seedPlain('solo');
    seedIn('shop', 'web');
    const self = async () => ({ hostname: own.Id.slice(0, 12), mountinfo: '', cgroup: '' });
    const runtime = createDockerRuntime({ dockerHost: engine.dockerHost }, { self });
    stops.push(async () => runtime.close?.());
    const { project, services } = await runtime.observe();
    expect([project, [...services.keys()].sort()]).toEqual(['-', ['-/bot', '-/solo']]);
    expect(services.get('-/bot')?.protected).toBe(true);
    expect(await runtime.restart({ service: 'solo' }, options)).toMatchObject({ ok: true });
    expect(await runtime.restart({ service: '-/bot' }, options)).toMatchObject({ code: 'protected_target' });
  });

  it('a bot that runs in no container starts when PROJECTS says where it may act', async () => {
    seedIn('shop', 'web');
    expect(await targetsOf(runtimeOf({ project: undefined, projects: ['shop'] }))).toEqual(['shop/web']);
    await expect(runtimeOf({ project: undefined }).observe()).rejects.toThrow('Set COMPOSE_PROJECT, or PROJECTS.');
  });
});

describe('opting in by another label', () => {
  it.each<[Record<string, string>, boolean]>([
    [{ autoheal: 'true' }, true],
    [{ autoheal: 'TRUE' }, true],
    [{ autoheal: 'web' }, true],
    [{ autoheal: 'yes' }, false],
    [{ 'self-healing.enable': 'true' }, true],
    [{ 'self-healing.enable': 'false', autoheal: 'true' }, false],
    [{ 'self-healing.enable': 'true', autoheal: 'false' }, true],
    [{}, false],
  ])('%j counts: %j', async (labels, optedIn) => {
    const container = seedIn('shop', 'web');
    delete container.Config.Labels['self-healing.enable'];
    Object.assign(container.Config.Labels, labels);
    const runtime = runtimeOf({ projects: ['shop'], optInLabel: 'autoheal' });
    expect((await runtime.observe()).services.get('shop/web')?.optedIn).toBe(optedIn);
  });

  it('is nothing when it was not asked for', async () => {
    const container = seedIn('shop', 'web', { autoheal: 'true' });
    delete container.Config.Labels['self-healing.enable'];
    expect(await targetsOf(runtimeOf({ projects: ['*'] }))).toEqual([]);
  });
});

describe('protection in other projects', () => {
  it.each<[string, string, Record<string, string>, object, boolean]>([
    ['a name that is protected at home', 'db', {}, {}, false],
    ['the label', 'web', { 'self-healing.protect': 'true' }, {}, true],
    ['a part of a repair', 'web', { 'self-healing.role': 'agent' }, {}, true],
    [
      'another bot of this image',
      'web',
      { 'org.opencontainers.image.title': 'observability-stack-alert-bot' },
      {},
      true,
    ],
    ['a store', 'cache', {}, { config: { Image: 'redis:8' } }, true],
    [
      'a store that opted in by its name',
      'cache',
      { 'self-healing.enable': 'cache' },
      { config: { Image: 'redis:8' } },
      false,
    ],
    ['what watches', 'metrics', {}, { config: { Image: 'prom/prometheus:v3.13.2' } }, true],
    ['what calls people', 'calls', {}, { config: { Image: 'prom/alertmanager:v0.34.0' } }, true],
  ])('%s', async (_, service, labels, body, isProtected) => {
    engine.state.images = {
      ...engine.state.images,
      'redis:8': 'sha256:r',
      'prom/prometheus:v3.13.2': 'sha256:p',
      'prom/alertmanager:v0.34.0': 'sha256:a',
    };
    seedIn('shop', service, labels, body);
    const runtime = runtimeOf({ projects: ['*'] });
    expect((await runtime.observe()).services.get(`shop/${service}`)?.protected).toBe(isProtected);
    const result = await runtime.restart({ service: `shop/${service}` }, options);
    expect(result).toMatchObject(isProtected ? { ok: false, code: 'protected_target' } : { ok: true });
  });
});

describe('what a restart takes with it', () => {
  it('is looked for in every project by the network, and in its own by depends_on', async () => {
    const vpn = seedIn('vpn', 'gateway');
    seedPlain('torrent', { 'self-healing.enable': 'true' }, { HostConfig: { NetworkMode: `container:${vpn.Id}` } });
    seedPlain('by-name', {}, { HostConfig: { NetworkMode: 'container:vpn-gateway-1' } });
    const dependsOn = { 'com.docker.compose.depends_on': 'gateway:service_started:true' };
    seedIn('vpn', 'client', dependsOn);
    seedIn('shop', 'client', dependsOn);
    const runtime = runtimeOf({ projects: ['*'] });
    await runtime.observe();
    const result = await runtime.restart({ service: 'vpn/gateway' }, options);
    expect(engine.events.sort()).toEqual(['restart torrent', 'restart vpn-client-1', 'restart vpn-gateway-1']);
    expect(result).toMatchObject({
      ok: true,
      notes: expect.arrayContaining([
        expect.stringMatching(/^by-name shares the network of vpn\/gateway and was not restarted: .* has not opted in/),
      ]),
    });
  });
});

describe('an address of an alert', () => {
  it('means a container on the networks of a Prometheus in another project too', async () => {
    engine.state.images = { ...engine.state.images, 'prom/prometheus:v3': 'sha256:p' };
    seedIn('monitoring', 'prom', {}, { config: { Image: 'prom/prometheus:v3' }, networks: { shop_default: {} } });
    const web = seedIn('shop', 'web', {}, { networks: { shop_default: {}, shop_data: {} } });
    const { services } = await runtimeOf({ projects: ['shop'] }).observe();
    const address = web.NetworkSettings.Networks?.['shop_default']?.IPAddress;
    expect(services.get('shop/web')?.replicas[0]?.addresses).toEqual([address]);
    expect([...services.keys()]).toEqual(['shop/web']);
  });

  it('a host name that two projects have means each its own', async () => {
    seedIn('shop', 'web', {}, { config: { Hostname: 'web1' } });
    seedIn('blog', 'web', {}, { config: { Hostname: 'web1' } });
    const { services } = await runtimeOf({ projects: ['*'] }).observe();
    for (const target of ['shop/web', 'blog/web']) expect(services.get(target)?.replicas[0]?.names).toContain('web1');
  });
});

describe('an agent', () => {
  async function agentUrl(runtime: Runtime): Promise<string> {
    const app = createAgentApp({ runtime, policy: { maxReplicas: 3 }, logger });
    const server: Server = createServer((req, res) => app(req, res)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    stops.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  it('acts in its own projects only, whatever its caller asks for', async () => {
    for (const project of ['demo', 'shop', 'blog']) seedIn(project, 'web');
    seedPlain('solo');
    const client = createAgentRuntime({ url: await agentUrl(runtimeOf({ projects: ['shop', '-'] })) });
    const { project, projects, services } = await client.observe();
    expect([project, projects, [...services.keys()].sort()]).toEqual([
      'demo',
      ['shop', '-'],
      ['-/solo', 'shop/web', 'web'],
    ]);
    expect(await client.restart({ service: 'shop/web' }, options)).toMatchObject({ ok: true });
    expect(await client.restart({ service: 'blog/web' }, options)).toMatchObject({
      ok: false,
      code: 'target_missing',
      message: expect.stringContaining('the project blog is not one that is looked at (demo, shop, -)'),
    });
    expect(await client.scale({ service: '-/solo' }, { from: 1, to: 2 }, options)).toMatchObject({
      ok: false,
      code: 'not_scalable',
    });
    expect((await client.evidence('shop/web')).replicas).toHaveLength(1);
    expect((await client.evidence('blog/web')).replicas).toHaveLength(0);
    expect(engine.events).toEqual(['restart shop-web-1']);
  });

  it('says to a caller of version 1 that it is too old', async () => {
    const url = await agentUrl(runtimeOf());
    const answer = await fetch(`${url}/v1/observation`);
    expect([answer.status, await answer.json()]).toEqual([
      410,
      expect.objectContaining({ title: expect.stringContaining('run bot and agent from the same image') }),
    ]);
  });

  it('of version 1 is told to be too old by its caller', async () => {
    const server = createServer((_req, res) => {
      res.writeHead(404, { 'content-type': 'application/problem+json' });
      res.end(JSON.stringify({ code: 'not_found', title: 'There is nothing here' }));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    stops.push(() => void server.close());
    const client = createAgentRuntime({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}` });
    for (const call of [() => client.ping(), () => client.observe(), () => client.restart({ service: 'api' }, options)])
      await expect(call()).rejects.toThrow('it is older than the bot. Run both from the same image.');
  });
});

describe('OPT_IN_LABEL', () => {
  it.each(['all', 'com.docker.compose.service', 'com.docker.compose.project', 'two words'])(
    '%s is refused: it would opt containers in that said nothing',
    (OPT_IN_LABEL) => {
      expect(() => loadAgentConfig({ OPT_IN_LABEL })).toThrow('OPT_IN_LABEL');
    },
  );

  it('is any other label', () => {
    expect(loadAgentConfig({ OPT_IN_LABEL: 'autoheal' }).OPT_IN_LABEL).toBe('autoheal');
  });
});
