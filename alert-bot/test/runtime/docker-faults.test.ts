import { link, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Runtime, RuntimeUnavailable } from '../../src/runtime/runtime.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, noRestart, seedService } from './fake-world.ts';

const options = { healthTimeoutMs: 10_000 };

describe('an engine that is in trouble', () => {
  let engine: FakeEngine;
  let runtime: Runtime;
  beforeEach(async () => {
    engine = await startFakeEngine();
    runtime = createFakeRuntime(engine);
  });
  afterEach(() => engine.stop());

  const restart = (replica?: string) =>
    runtime.restart(replica === undefined ? { service: 'worker' } : { service: 'worker', replica }, options);

  const everything: [string, (of: Runtime) => Promise<unknown>][] = [
    ['ping', (of) => of.ping()],
    ['observe', (of) => of.observe()],
    ['restart', (of) => of.restart({ service: 'worker' }, options)],
    ['scale', (of) => of.scale({ service: 'worker' }, { from: 1, to: 2 }, options)],
    ['evidence', (of) => of.evidence('worker')],
  ];

  it.each(everything)('whose socket is absent makes %s unavailable', async (_, ask) => {
    const absent = createFakeRuntime({ ...engine, dockerHost: 'unix:///nowhere/docker.sock' });
    await expect(ask(absent)).rejects.toThrow(RuntimeUnavailable);
    await expect(ask(absent)).rejects.toThrow(/ENOENT/);
  });

  it.each(everything)('that refuses makes %s unavailable', async (_, ask) => {
    const stale = `${engine.socketPath}.stale`;
    const server = createServer().listen(`${engine.socketPath}.gone`);
    await new Promise((resolve) => server.once('listening', resolve));
    await link(`${engine.socketPath}.gone`, stale);
    await new Promise((resolve) => server.close(resolve));
    await expect(ask(createFakeRuntime({ ...engine, dockerHost: `unix://${stale}` }))).rejects.toThrow(/ECONNREFUSED/);
    await rm(stale);
  });

  it.each(everything)('that hangs makes %s unavailable, in bounded time', async (_, ask) => {
    engine.fail({ on: /./, how: 'hang' });
    const impatient = createFakeRuntime(engine, { callTimeoutMs: 150, startAllowanceMs: 150 });
    await expect(ask(impatient)).rejects.toThrow(/within 150 ms/);
  });

  it.each(everything.filter(([name]) => !['restart', 'scale'].includes(name)))(
    'that answers 500 makes %s unavailable',
    async (_, ask) => {
      engine.fail({ on: /./, how: 500, message: 'the disk is full' });
      await expect(ask(runtime)).rejects.toThrow(/500.*the disk is full/);
      await expect(ask(runtime)).rejects.toThrow(RuntimeUnavailable);
    },
  );

  it.each(['restart', 'scale'])('that answers 500 fails %s, which may be tried again', async (name) => {
    const ask = Object.fromEntries(everything)[name] as (typeof everything)[0][1];
    engine.fail({ on: /./, how: 500, message: 'the disk is full' });
    expect(await ask(runtime)).toMatchObject({ ok: false, code: 'engine_error', retryable: true });
  });

  it('and comes back is used again', async () => {
    seedService(engine, 'worker');
    engine.fail({ on: /./, how: 'reset', times: 1 });
    await expect(runtime.observe()).rejects.toThrow(RuntimeUnavailable);
    expect((await runtime.observe()).services.get('worker')?.replicas).toHaveLength(1);
  });

  it('and loses the answer of a restart is not asked a second time: the new start time tells', async () => {
    seedService(engine, 'worker');
    engine.fail({ on: /restart/, how: 'cut', times: 1 });
    expect(await restart()).toMatchObject({ ok: true });
    expect(engine.events).toEqual(['restart demo-worker-1']);
  });

  it('and is restarted itself in the middle of a restart is waited for', async () => {
    seedService(engine, 'worker');
    engine.fail({ on: /POST .*restart/, how: 'cut', times: 1, next: { on: /./, how: 'reset', times: 4 } });
    expect(await restart()).toMatchObject({ ok: true });
    expect(engine.events).toEqual(['restart demo-worker-1']);
  });

  it('and never carried out the restart whose answer was lost makes it a failure that may be tried again', async () => {
    seedService(engine, 'worker');
    engine.fail({ on: /POST .*restart/, how: 'reset', times: 1 });
    const result = await restart();
    expect(result).toMatchObject({ ok: false, code: 'engine_error', retryable: true });
    expect(JSON.stringify(result)).toContain('still has its old start time');
    expect(engine.events).toEqual([]);
  });

  it('and stays away after a restart was asked for leaves it unknown', async () => {
    seedService(engine, 'worker');
    engine.fail({ on: /POST .*restart/, how: 'cut', times: 1, next: { on: /./, how: 'reset' } });
    await expect(restart()).rejects.toThrow(RuntimeUnavailable);
    expect(engine.events).toEqual(['restart demo-worker-1']);
  });

  it('forbids what its proxy does not allow, which is not tried again', async () => {
    seedService(engine, 'worker');
    engine.fail({ on: /POST/, how: 403, message: 'Forbidden' });
    expect(await restart()).toMatchObject({ ok: false, code: 'engine_error', retryable: false });
  });

  it('without the container any more, between a look and a restart, is told', async () => {
    const { Id } = seedService(engine, 'worker');
    engine.fail({ on: /POST .*restart/, how: 404, message: `No such container: ${Id}` });
    expect(await restart()).toMatchObject({ ok: false, code: 'changing', retryable: true }); // it is listed all the same
    engine.state.containers = [];
    expect(await restart(Id)).toMatchObject({ ok: false, code: 'target_missing' });
  });
});

describe('a restart', () => {
  let engine: FakeEngine;
  let runtime: Runtime;
  beforeEach(async () => {
    engine = await startFakeEngine();
    runtime = createFakeRuntime(engine);
  });
  afterEach(() => engine.stop());

  it.each<[string, object, string]>([
    ['whose healthcheck fails', { healthyAfter: 'never' }, 'never_healthy'],
    ['whose healthcheck never decides', { healthyAfter: 1_000_000 }, 'never_healthy'],
    ['that exits', { exitsWith: 137 }, 'exited'],
    ['that crashes in a loop', { crashLoops: true }, 'exited'],
    ['that crashes in a loop and has no healthcheck', { healthyAfter: 'none', crashLoops: true }, 'exited'],
  ])('of a container %s is a failure, and the other replicas are left as they are', async (_, behaviour, code) => {
    seedService(engine, 'worker', { host: noRestart }, behaviour);
    for (const number of [2, 3]) seedService(engine, 'worker', { number });
    const result = await runtime.restart({ service: 'worker' }, options);
    expect(result).toMatchObject({ ok: false, code, retryable: true });
    expect(JSON.stringify(result)).toContain('Restarted before: 0 of 3');
    expect(engine.events).toEqual(['restart demo-worker-1']);
  });

  it('starts a container that had ended on its own', async () => {
    engine.people.crash(seedService(engine, 'worker', { host: noRestart }), 1);
    expect(await runtime.restart({ service: 'worker' }, options)).toMatchObject({ ok: true });
  });
});
