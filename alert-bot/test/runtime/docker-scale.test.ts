import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, noRestart, secret, seedService } from './fake-world.ts';

const options = { healthTimeoutMs: 10_000 };

describe('scaling on the Docker engine', () => {
  let engine: FakeEngine;
  let runtime: Runtime;
  beforeEach(async () => {
    engine = await startFakeEngine();
    runtime = createFakeRuntime(engine);
  });
  afterEach(() => engine.stop());

  const count = () =>
    engine.state.containers.filter(({ Config }) => Config.Labels['com.docker.compose.service']).length;
  const scale = (to: number, from = count()) => runtime.scale({ service: 'worker' }, { from, to }, options);
  const names = () => engine.state.containers.map(({ Name }) => Name.slice(1));
  const calls = (pattern: RegExp) =>
    engine.requests.map(({ method, url }) => `${method} ${url}`).filter((call) => pattern.test(call));

  it('sends the new name in the URL and everything else in the body: URLs end up in the logs of proxies', async () => {
    seedService(engine, 'worker');
    await scale(2);
    expect(calls(/create/)).toEqual(['POST /containers/create?name=demo-worker-2']);
    expect(JSON.stringify(engine.requests.find(({ url }) => url.includes('create'))?.body)).toContain(secret);
    expect(engine.requests.map(({ url }) => url).join(' ')).not.toContain(secret);
  });

  it('gives a clone both networks on API 1.41 too: the second one by a call of its own, before the start', async () => {
    await engine.stop();
    engine = await startFakeEngine({ apiVersion: '1.41' });
    runtime = createFakeRuntime(engine);
    seedService(engine, 'worker');
    expect(await scale(2)).toMatchObject({ ok: true });
    expect(calls(/^POST/).map((call) => call.replace(/[0-9a-f]{64}/, 'ID'))).toEqual([
      'POST /containers/create?name=demo-worker-2',
      'POST /networks/demo_front/connect',
      'POST /containers/ID/start',
    ]);
    const networks = engine.state.containers[1]?.NetworkSettings.Networks;
    for (const network of ['demo_back', 'demo_front'])
      expect(networks?.[network]?.Aliases).toEqual(['demo-worker-2', 'worker']);
  });

  it('does not fill gaps: the next number follows the highest one', async () => {
    seedService(engine, 'worker');
    seedService(engine, 'worker', { number: 5 });
    await scale(3);
    expect(names()).toEqual(['demo-worker-1', 'demo-worker-5', 'demo-worker-6']);
  });

  it('clones a replica that never replaced another one, because compose pins the volumes of the others', async () => {
    seedService(engine, 'worker', { labels: { 'com.docker.compose.replace': 'worker-1' } });
    const original = seedService(engine, 'worker', { number: 2 });
    await scale(3);
    expect(engine.state.containers[2]?.Config.Labels['self-healing.cloned-from']).toBe(original.Id);
  });

  it('looks again when a name is taken by somebody it cannot see, and takes the next number', async () => {
    seedService(engine, 'worker');
    engine.seed('demo-worker-2', {
      Image: 'app:1',
      Labels: {},
      HostConfig: {},
      NetworkingConfig: { EndpointsConfig: {} },
    });
    expect(await scale(2)).toMatchObject({
      ok: true,
      replicas: [{ name: 'demo-worker-1' }, { name: 'demo-worker-3' }],
    });
  });

  it('stops as soon as somebody else has made the wanted replicas', async () => {
    seedService(engine, 'worker');
    engine.fail({ on: /POST .*create/, how: 409, times: 1, message: 'Conflict. The container name is already in use' });
    const pending = scale(2);
    seedService(engine, 'worker', { number: 2 });
    expect(await pending).toMatchObject({ ok: true });
    expect(names()).toEqual(['demo-worker-1', 'demo-worker-2']);
  });

  it('gives up after a few taken names, and says that it may be tried again', async () => {
    seedService(engine, 'worker');
    engine.fail({ on: /POST .*create/, how: 409 });
    expect(await scale(2)).toMatchObject({ ok: false, code: 'conflict', retryable: true });
    expect(calls(/create/)).toHaveLength(5);
  });

  it.each<[string, RegExp, number]>([
    ['its start fails', /POST .*start/, 500],
    ['its secrets cannot be read', /GET .*changes/, 500],
  ])('removes a clone with its volumes when %s', async (_, on, how) => {
    seedService(engine, 'worker');
    engine.fail({ on, how, message: 'no space left on device' });
    const result = await scale(2);
    expect(result).toMatchObject({ ok: false, code: 'engine_error', retryable: true });
    expect(JSON.stringify(result)).toContain('no space left on device');
    expect(names()).toEqual(['demo-worker-1']);
    expect(engine.events.at(-1)).toBe('remove demo-worker-2 v=true');
  });

  it.each<[string, object, string]>([
    ['fails its healthcheck', { healthyAfter: 'never' }, 'never_healthy'],
    ['never passes its healthcheck in time', { healthyAfter: 1_000_000 }, 'never_healthy'],
    ['exits', { exitsWith: 1 }, 'exited'],
    ['crashes in a loop', { crashLoops: true }, 'exited'],
  ])('removes a clone that %s, and says why', async (_, cloneBehaviour, code) => {
    seedService(engine, 'worker');
    engine.state.cloneBehaviour = cloneBehaviour;
    expect(await scale(3)).toMatchObject({ ok: false, code, retryable: true });
    expect(names()).toEqual(['demo-worker-1']);
  });

  it('does not show the secrets that a failing probe prints', async () => {
    seedService(engine, 'worker');
    engine.state.cloneBehaviour = { healthyAfter: 'never' };
    expect(JSON.stringify(await scale(2))).toMatch(/the last probe ended with code 1: token=\[redacted\]/);
  });

  it('takes what a killed bot left half-made for no replica, and removes it before it makes anything', async () => {
    seedService(engine, 'worker');
    const leftover = seedService(engine, 'worker', { number: 2, labels: { 'self-healing.cloned-from': 'x' } });
    leftover.State = { ...leftover.State, Status: 'created', Running: false };
    expect((await runtime.observe()).services.get('worker')?.replicas).toHaveLength(1);
    expect(await runtime.restart({ service: 'worker' }, options)).toMatchObject({
      replicas: [{ name: 'demo-worker-1' }],
    });
    expect(await scale(2, 1)).toMatchObject({ ok: true });
    const done = ['restart demo-worker-1', 'remove demo-worker-2 v=true', 'create demo-worker-2'];
    expect(engine.events.slice(0, 3)).toEqual(done);
    expect(engine.state.containers).not.toContain(leftover);
  });

  it('starts a replica that ended on its own rather than cloning one, as compose does', async () => {
    seedService(engine, 'worker');
    engine.people.crash(seedService(engine, 'worker', { number: 2, host: noRestart }), 1);
    expect(await scale(2)).toMatchObject({ ok: true });
    expect(engine.events).toEqual(['start demo-worker-2']);
  });

  it('removes the highest numbers first, each stopped with its own grace and removed with its anonymous volumes', async () => {
    seedService(engine, 'worker');
    await scale(3);
    engine.events.length = 0;
    engine.requests.length = 0;
    await scale(1);
    expect(engine.events).toEqual([
      ...['stop demo-worker-3', 'remove demo-worker-3 v=true'],
      ...['stop demo-worker-2', 'remove demo-worker-2 v=true'],
    ]);
    expect(calls(/stop|DELETE/).join(' ')).not.toMatch(/t=|force=true/);
  });

  it('runs the image of its source under its id when the tag has moved', async () => {
    seedService(engine, 'worker');
    engine.state.images = { 'app:1': 'sha256:two', 'app:0': 'sha256:one' };
    expect(await scale(2)).toMatchObject({ ok: true });
    expect(engine.state.containers[1]).toMatchObject({ Image: 'sha256:one', Config: { Image: 'sha256:one' } });
  });

  it('copies the secrets that the compose CLI wrote into its source, and nothing that the application wrote', async () => {
    const created = new Date(Math.floor(Date.now() / 1000) * 1000);
    const wholeSecond = created.toISOString().replace('.000', '');
    const files = {
      '/run/secrets/tok': { content: 's3cr3t', mtime: wholeSecond },
      '/etc/inline.txt': { content: 'inline', mtime: wholeSecond },
      '/app/cache': { content: 'cache', mtime: created.toISOString().replace('.000', '.123456789') },
      '/opt/unpacked': { content: 'old', mtime: '2020-01-01T00:00:00Z' },
      '/data/mounted': { content: 'mounted', mtime: wholeSecond },
    };
    const source = seedService(engine, 'worker', {}, { files });
    source.Mounts = [{ Type: 'volume', Name: 'demo_data', Destination: '/data' }];
    expect(await scale(2)).toMatchObject({ ok: true });
    const copied = engine.state.containers[1]?.behaviour.files ?? {};
    expect(Object.entries(copied).map(([path, { content }]) => [path, content])).toEqual([
      ['/run/secrets/tok', 's3cr3t'],
      ['/etc/inline.txt', 'inline'],
    ]);
    expect(calls(/PUT|start/)[0]).toMatch(/PUT .*archive\?path=%2F/);
  });

  it('clones without looking for secrets when the proxy in front of the engine forbids that', async () => {
    seedService(engine, 'worker');
    engine.fail({ on: /changes/, how: 403 });
    expect(await scale(2)).toMatchObject({ ok: true });
  });

  it.each<[string, RegExp]>([
    ['creating', /POST .*create/],
    ['starting', /POST .*start/],
  ])('does not know what happened when the engine dies while %s, and the next scaling cleans up', async (_, on) => {
    seedService(engine, 'worker');
    engine.fail({ on, how: 'cut', times: 1, next: { on: /DELETE/, how: 'reset', times: 1 } });
    await expect(scale(2)).rejects.toThrow(/no answer from the Docker engine/);
    await scale(2, 1).catch(() => undefined); // whichever call the second fault hits
    expect(await scale(2, 1)).toMatchObject({ ok: true });
    expect(names()).toEqual(['demo-worker-1', 'demo-worker-2']);
    expect(engine.state.containers.every(({ State }) => State.Running)).toBe(true);
  });
});
