import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ActionResult, Runtime } from '../../src/runtime/runtime.ts';
import type { FakeContainer } from './fake-container.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, noRestart, seedService } from './fake-world.ts';

describe('scaling a service that others change too', () => {
  let engine: FakeEngine;
  let runtime: Runtime;
  beforeEach(async () => {
    engine = await startFakeEngine();
    runtime = createFakeRuntime(engine);
  });
  afterEach(() => engine.stop());

  const scale = (from: number, to: number, onStep?: (step: string) => void): Promise<ActionResult> =>
    runtime.scale(
      { service: 'worker' },
      { from, to },
      { healthTimeoutMs: 10_000, onStep: ({ step, replica }) => onStep?.(`${step} ${replica}`) },
    );
  const seed = (...numbers: number[]): FakeContainer[] =>
    numbers.map((number) => seedService(engine, 'worker', { number, host: noRestart }));
  const seedClone = (number: number) =>
    seedService(engine, 'worker', { number, labels: { 'self-healing.cloned-from': 'x' } });
  const numbers = () =>
    engine.state.containers.map(({ Config }) => Number(Config.Labels['com.docker.compose.container-number']));
  const message = (result: ActionResult) => (result.ok ? '' : result.message);

  it.each([
    ['out from 1, and there are 2 that compose made', [1, 2], 1, 4],
    ['out from 3, and there is 1', [1], 3, 4],
    ['out from 1, and there are more than wanted', [1, 2, 3, 4, 5, 6], 1, 3],
    ['in from 3, and there are 6', [1, 2, 3, 4, 5, 6], 3, 1],
    ['in from 4, and there are 3 that compose made', [1, 2, 3], 4, 1],
    ['to what it should have, and there are more', [1, 2, 3], 2, 2],
  ])('touches nothing when it should go %s', async (_, there, from, to) => {
    seed(...there);
    const result = await scale(from, to);
    expect(result).toMatchObject({ ok: false, code: 'conflict' });
    expect(message(result)).toContain('Nothing was done');
    expect(engine.events).toEqual([]);
  });

  it.each([
    ['out', 1, 3],
    ['in', 3, 1],
  ])('does nothing, and that is right, when it should go %s and is there already', async (_, from, to) => {
    seed(...(to === 3 ? [1, 2, 3] : [1]));
    expect(await scale(from, to)).toMatchObject({ ok: true });
    expect(engine.events).toEqual([]);
  });

  it('goes on with what an interrupted run of its own has left, out and in', async () => {
    seed(1);
    seedClone(2);
    expect(await scale(1, 3)).toMatchObject({ ok: true });
    expect(engine.events).toEqual(['create demo-worker-3', 'start demo-worker-3']);
    engine.people.remove(engine.state.containers[2] as FakeContainer);
    expect(await scale(3, 1)).toMatchObject({ ok: true });
    expect(numbers()).toEqual([1]);
  });

  it('out stops when a person scales too, says what it did, and removes nothing of theirs', async () => {
    seed(1);
    const result = await scale(1, 3, (step) => {
      if (step === 'healthy demo-worker-2') seed(3, 4, 5, 6);
    });
    expect(result).toMatchObject({ ok: false, code: 'conflict' });
    expect(message(result)).toMatch(/there are 6 now.*Done before: added demo-worker-2/);
    expect(numbers()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('out stops when a person scales in', async () => {
    const [, second] = seed(1, 2);
    const result = await scale(2, 4, (step) => {
      if (step === 'healthy demo-worker-3') engine.people.remove(second as FakeContainer);
    });
    expect(result).toMatchObject({ ok: false, code: 'conflict' });
    expect(numbers()).toEqual([1, 3]);
  });

  it('in stops when a person scales too', async () => {
    seed(1);
    for (const number of [2, 3]) seedClone(number);
    const result = await scale(3, 1, (step) => {
      if (step === 'removed demo-worker-3') seed(4, 5);
    });
    expect(result).toMatchObject({ ok: false, code: 'conflict' });
    expect(message(result)).toContain('Done before: removed demo-worker-3');
    expect(numbers()).toEqual([1, 2, 4, 5]);
  });

  it('in removes the clones of the bot only, and says that the others are not its own', async () => {
    seed(1, 4);
    for (const number of [2, 3]) seedClone(number);
    const result = await scale(4, 1);
    expect(result).toMatchObject({ ok: false, code: 'conflict' });
    expect(message(result)).toMatch(/not added by the bot.*removed demo-worker-3, removed demo-worker-2/);
    expect(numbers()).toEqual([1, 4]);
  });

  it.each([
    ['stopped', 'held_by_person'],
    ['paused', 'held_by_person'],
    ['created', 'changing'],
  ])('neither starts a replica that is %s nor adds others', async (state, code) => {
    const [, second] = seed(1, 2) as [FakeContainer, FakeContainer];
    if (state === 'stopped') engine.people.dockerStop(second);
    if (state === 'paused') engine.people.dockerPause(second);
    if (state === 'created') second.State = { ...second.State, Status: 'created', Running: false };
    expect(await scale(2, 3)).toMatchObject({ ok: false, code });
    expect(engine.events).toEqual([]);
  });

  it('out stops when a person pauses a replica meanwhile', async () => {
    const [first] = seed(1);
    const result = await scale(1, 3, (step) => {
      if (step === 'healthy demo-worker-2') engine.people.dockerPause(first as FakeContainer);
    });
    expect(result).toMatchObject({ ok: false, code: 'held_by_person' });
    expect(message(result)).toContain('Done before: added demo-worker-2');
    expect(numbers()).toEqual([1, 2]);
  });

  it('is aborted between two replicas', async () => {
    seed(1);
    const controller = new AbortController();
    const onStep = ({ step }: { step: string }) => step === 'healthy' && controller.abort();
    const options = { healthTimeoutMs: 10_000, signal: controller.signal, onStep };
    const result = await runtime.scale({ service: 'worker' }, { from: 1, to: 3 }, options);
    expect(result).toMatchObject({ ok: false, code: 'aborted' });
    expect(numbers()).toEqual([1, 2]);
  });

  it.each([
    ['starting a clone', /POST .*start/, 404],
    ['connecting a network', /POST .*connect/, 404],
  ])('says conflict when a clone is gone while %s', async (_, on, how) => {
    await engine.stop();
    engine = await startFakeEngine({ apiVersion: '1.41' });
    runtime = createFakeRuntime(engine);
    seed(1);
    engine.fail({ on, how });
    expect(await scale(1, 2)).toMatchObject({ ok: false, code: 'conflict', retryable: true });
    expect(numbers()).toEqual([1]);
  });

  it('waits for a removal that is under way', async () => {
    seed(1);
    seedClone(2);
    engine.fail({ on: /DELETE/, how: 409, times: 1, message: 'removal of container is already in progress' });
    const pending = scale(2, 1, (step) => {
      if (step === 'stopping demo-worker-2') setImmediate(() => undefined);
    });
    const result = await pending;
    expect(result).toMatchObject({ ok: false, code: 'engine_error', retryable: true });
    expect(await scale(2, 1)).toMatchObject({ ok: true });
  });
});

describe('a new replica that lacks what its source has', () => {
  let engine: FakeEngine;
  beforeEach(async () => {
    engine = await startFakeEngine();
  });
  afterEach(() => engine.stop());

  const scaleTo2 = () =>
    createFakeRuntime(engine).scale({ service: 'worker' }, { from: 1, to: 2 }, { healthTimeoutMs: 10_000 });

  it('is removed again on an engine that leaves networks off, before anything in it runs', async () => {
    engine.state.dropsNetworks = true;
    seedService(engine, 'worker');
    const result = await scaleTo2();
    expect(result).toMatchObject({ ok: false, code: 'not_scalable', retryable: false });
    expect(JSON.stringify(result)).toContain('without the network demo_back');
    expect(engine.events).not.toContain('start demo-worker-2');
    expect(engine.state.containers).toHaveLength(1);
    expect(engine.events.at(-1)).toBe('remove demo-worker-2 v=true');
  });

  it.each<[string, (body: Record<string, unknown>) => void, string]>([
    ['one of two networks', dropSecondNetwork, 'the network demo_front'],
    ['a variable', (body) => Object.assign(body, { Env: ['LANG=C'] }), 'the variable DB_PASSWORD'],
    [
      'its restart policy',
      (body) => Object.assign(body['HostConfig'] as object, { RestartPolicy: {} }),
      'restart policy',
    ],
    ['a mount', (body) => Object.assign(body['HostConfig'] as object, { Binds: [] }), 'the mount /data'],
    ['a label', (body) => delete (body['Labels'] as Record<string, string>)['com.docker.compose.image'], 'the label'],
  ])('is removed again when it lacks %s', async (_, lose, told) => {
    engine.state.forgets = lose;
    seedService(engine, 'worker', { host: { Binds: ['data:/data'] } });
    const result = await scaleTo2();
    expect(result).toMatchObject({ ok: false, code: 'not_scalable' });
    expect(JSON.stringify(result)).toContain(told);
    expect(JSON.stringify(result)).not.toContain('hunter2');
    expect(engine.state.containers).toHaveLength(1);
  });
});

function dropSecondNetwork(body: Record<string, unknown>): void {
  const { EndpointsConfig } = body['NetworkingConfig'] as { EndpointsConfig: Record<string, unknown> };
  delete EndpointsConfig['demo_front'];
}

describe('files that compose copied into the source', () => {
  let engine: FakeEngine;
  beforeEach(async () => {
    engine = await startFakeEngine();
  });
  afterEach(() => engine.stop());

  const now = () => new Date(Math.floor(Date.now() / 1000) * 1000).toISOString().replace('.000', '');
  const scaleWith = (files: Record<string, { content: string; mtime: string; claimedSize?: number }>) => {
    seedService(engine, 'worker', {}, { files });
    const runtime = createFakeRuntime(engine);
    return runtime.scale({ service: 'worker' }, { from: 1, to: 2 }, { healthTimeoutMs: 10_000 });
  };
  const many = (count: number, bytes: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`/run/secrets/${n}`, { content: 'x'.repeat(bytes), mtime: now() }]),
    );

  it.each([
    ['150 of a megabyte', () => many(150, 1024 * 1024)],
    ['five of 900 kB', () => many(5, 900_000)],
    ['150 small ones', () => many(150, 10)],
    [
      'one that is larger than the engine says',
      () => ({ '/run/secrets/a': { content: 'x'.repeat(9_000_000), mtime: now(), claimedSize: 10 } }),
    ],
    [
      'one with a name that fits no archive',
      () => ({ [`/run/secrets/${'x'.repeat(150)}`]: { content: 'x', mtime: now() } }),
    ],
  ])('are refused when they are %s, and the clone is removed', async (_, files) => {
    const result = await scaleWith(files());
    expect(result).toMatchObject({ ok: false, code: 'not_scalable', retryable: false });
    expect(engine.state.containers).toHaveLength(1);
  });

  it('are copied under odd names and long paths', async () => {
    const paths = [`/run/secrets/${'deep/'.repeat(20)}a`, '/etc/a b', '/etc/__proto__', '/etc/line\nbreak'];
    const files = Object.fromEntries(paths.map((path) => [path, { content: 'kept', mtime: now() }]));
    expect(await scaleWith(files)).toMatchObject({ ok: true });
    expect(Object.keys(engine.state.containers[1]?.behaviour.files ?? {}).sort()).toEqual([...paths].sort());
  });
});
