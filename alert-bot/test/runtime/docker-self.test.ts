import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDockerRuntime } from '../../src/runtime/docker/docker-runtime.ts';
import { parseDockerHost } from '../../src/runtime/docker/engine-connection.ts';
import { RuntimeUnavailable } from '../../src/runtime/runtime.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, seedService } from './fake-world.ts';

const options = { healthTimeoutMs: 10_000 };

describe('the bot itself', () => {
  let engine: FakeEngine;
  beforeEach(async () => {
    engine = await startFakeEngine();
  });
  afterEach(() => engine.stop());

  it.each([
    ['its host name', (id: string) => ({ hostname: id.slice(0, 12), mountinfo: '', cgroup: '' })],
    [
      'what is mounted at /etc/hostname',
      (id: string) => ({
        hostname: 'chosen',
        mountinfo: `128 110 254:0 /var/lib/docker/containers/${id}/hostname /etc/hostname rw - ext4 /dev/vda rw`,
        cgroup: '',
      }),
    ],
    [
      'its cgroup',
      (id: string) => ({ hostname: 'chosen', mountinfo: '', cgroup: `9:pids:/docker/${id}\n0::/docker/${id}` }),
    ],
  ])('finds its project by %s, and never touches its own service', async (_, self) => {
    const own = seedService(engine, 'healer');
    seedService(engine, 'healer', { number: 2 });
    seedService(engine, 'worker');
    const runtime = createDockerRuntime({ dockerHost: engine.dockerHost }, { self: async () => self(own.Id) });
    const { project: found, services } = await runtime.observe();
    expect(found).toBe('demo');
    expect(services.get('healer')?.protected).toBe(true);
    expect(services.get('worker')?.protected).toBe(false);
    expect(await runtime.restart({ service: 'healer' }, options)).toMatchObject({
      ok: false,
      code: 'protected_target',
    });
    expect(engine.events).toEqual([]);
  });

  it.each(['alert-bot', 'prometheus', 'alertmanager', 'db'])(
    'never touches %s, even when it opted in',
    async (service) => {
      seedService(engine, service);
      const runtime = createFakeRuntime(engine);
      expect(await runtime.restart({ service }, options)).toMatchObject({ ok: false, code: 'protected_target' });
      expect(await runtime.scale({ service }, { from: 1, to: 2 }, options)).toMatchObject({
        ok: false,
        code: 'protected_target',
      });
    },
  );

  it('says what to do when it cannot know its project, and never takes a host name for a container name', async () => {
    engine.seed('my-laptop', { Image: 'app:1', Labels: {}, HostConfig: {}, NetworkingConfig: { EndpointsConfig: {} } });
    const self = async () => ({ hostname: 'my-laptop', mountinfo: '', cgroup: '' });
    const runtime = createDockerRuntime({ dockerHost: engine.dockerHost }, { self });
    await expect(runtime.observe()).rejects.toThrow(/Set COMPOSE_PROJECT/);
    await runtime.ping();
  });

  it('looks for its project again when the engine was away at first', async () => {
    const own = seedService(engine, 'healer');
    const self = async () => ({ hostname: own.Id.slice(0, 12), mountinfo: '', cgroup: '' });
    const runtime = createDockerRuntime({ dockerHost: engine.dockerHost }, { self });
    engine.fail({ on: /./, how: 'reset', times: 1 });
    await expect(runtime.observe()).rejects.toThrow(RuntimeUnavailable);
    expect((await runtime.observe()).project).toBe('demo');
  });

  it('never sees another project, even when the engine shows it', async () => {
    seedService(engine, 'worker', { name: 'other-worker-1', labels: { 'com.docker.compose.project': 'other' } });
    engine.state.ignoresFilters = true;
    expect((await createFakeRuntime(engine).observe()).services).toEqual(new Map());
  });

  it('needs every replica to have opted in', async () => {
    seedService(engine, 'worker');
    seedService(engine, 'worker', { number: 2, labels: { 'self-healing.enable': 'false' } });
    expect(await createFakeRuntime(engine).restart({ service: 'worker' }, options)).toMatchObject({
      ok: false,
      code: 'not_opted_in',
    });
  });
});

describe('DOCKER_HOST', () => {
  it.each([
    ['unix:///var/run/docker.sock', { socketPath: '/var/run/docker.sock' }],
    ['tcp://socket-proxy:2375', { host: 'socket-proxy', port: 2375 }],
    ['tcp://socket-proxy', { host: 'socket-proxy', port: 2375 }],
    ['http://127.0.0.1:1234', { host: '127.0.0.1', port: 1234 }],
    ['tcp://[::1]:2375', { host: '::1', port: 2375 }],
    ['https://host', { host: 'host', port: 2376 }],
  ])('%s is understood', (dockerHost, connection) => {
    expect(parseDockerHost(dockerHost)).toEqual(connection);
  });

  it.each(['', 'unix://', '/var/run/docker.sock', 'npipe:////./pipe/docker'])('%j is refused', (dockerHost) => {
    expect(() => parseDockerHost(dockerHost)).toThrow('DOCKER_HOST: must be unix:///path or tcp://host:port');
  });
});
