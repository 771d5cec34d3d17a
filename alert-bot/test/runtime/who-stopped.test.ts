import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ContainerEvent, ContainerInspect } from '../../src/runtime/docker/engine-types.ts';
import { parseEvent } from '../../src/runtime/docker/parse-event.ts';
import { createStopTestimony } from '../../src/runtime/docker/stop-testimony.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, noRestart, seedService } from './fake-world.ts';

describe('who stopped a container, by the events of the engine:', () => {
  let clock = 0;
  const nano = (ms: number) => BigInt(ms) * 1_000_000n;
  const event = (action: ContainerEvent['action'], ms: number, signal?: string): ContainerEvent => ({
    id: 'api',
    action,
    timeNano: nano(ms),
    ...(signal !== undefined && { signal }),
  });
  const ended = (ms: number, config: object = {}) =>
    ({
      Id: 'api',
      Config: { Image: 'app:1', Labels: {}, ...config },
      State: { FinishedAt: new Date(ms).toISOString(), Running: false },
    }) as unknown as ContainerInspect;
  const listen = (...heard: ContainerEvent[]) => {
    clock = 0;
    const testimony = createStopTestimony(() => clock);
    testimony.opened();
    for (const one of heard) testimony.take(one);
    return testimony;
  };

  it.each<[string, ContainerEvent[]]>([
    ['stop before die, as engine 28 says it', [event('kill', 1_000, '15'), event('stop', 1_100), event('die', 1_101)]],
    [
      'stop after die, as older engines say it',
      [event('kill', 1_000, '15'), event('die', 1_100), event('stop', 1_101)],
    ],
    [
      'a program that ignores SIGTERM',
      [event('kill', 1_000, '15'), event('kill', 1_050, '9'), event('die', 1_100), event('stop', 1_101)],
    ],
    ['a stop in the middle of a crash loop', [event('start', 900), event('die', 1_100), event('stop', 1_500)]],
  ])('a person, when they say: %s', (_, heard) => {
    expect(listen(...heard).whoStopped(ended(1_100))).toBe('person');
  });

  it.each<[string, ContainerEvent[]]>([
    ['a crash', [event('start', 500), event('die', 1_100)]],
    ['docker kill', [event('kill', 1_000, '9'), event('die', 1_100)]],
  ])('itself, when they say: %s', (_, heard) => {
    expect(listen(...heard).whoStopped(ended(1_100))).toBe('itself');
  });

  it('a person for a moment after it was told to stop, because the word stop may still come; then itself', () => {
    const testimony = listen(event('kill', 1_000, '15'), event('die', 1_100));
    expect(testimony.whoStopped(ended(1_100))).toBe('person');
    clock = 2_000;
    expect(testimony.whoStopped(ended(1_100))).toBe('itself');
  });

  it('unknown of a container that no event told of, and of another end than theirs', () => {
    const testimony = listen(event('start', 500), event('die', 1_100));
    expect(testimony.whoStopped({ ...ended(1_100), Id: 'worker' })).toBe('unknown');
    expect(testimony.whoStopped(ended(60_000))).toBe('unknown');
  });

  it('unknown when the oldest event that the engine remembers is its end', () => {
    expect(listen(event('die', 1_100)).whoStopped(ended(1_100))).toBe('unknown');
  });

  it('itself when its end is the first that was ever heard of it, long after the connection was made', () => {
    const testimony = listen();
    clock = 10_000;
    testimony.take(event('die', 1_100));
    clock = 12_000;
    expect(testimony.whoStopped(ended(1_100))).toBe('itself');
  });

  it('unknown after a gap in which it was started and ended', () => {
    const testimony = listen(event('start', 500));
    testimony.opened(); // again, and the engine has forgotten the last event that we heard
    testimony.take(event('die', 9_000));
    expect(testimony.whoStopped(ended(9_000))).toBe('unknown');
  });

  it('known after a lost connection when the engine still remembers what came before', () => {
    const testimony = listen(event('start', 500));
    testimony.opened();
    for (const one of [event('start', 500), event('die', 9_000)]) testimony.take(one);
    expect(testimony.whoStopped(ended(9_000))).toBe('itself');
  });

  it('what was known before a gap stays known while the container stays as it was', () => {
    const testimony = listen(event('kill', 1_000, '9'), event('die', 1_100));
    testimony.opened();
    testimony.take({ ...event('start', 60_000), id: 'worker' });
    expect(testimony.whoStopped(ended(1_100))).toBe('itself');
  });

  it('remembers a bounded number of containers', () => {
    const testimony = listen();
    for (let n = 0; n < 20_000; n += 1) testimony.take({ ...event('start', n), id: `c${n}` });
    testimony.take({ ...event('die', 30_000), id: 'c0' });
    expect(testimony.whoStopped({ ...ended(30_000), Id: 'c0' })).toBe('unknown');
  });

  it('is being stopped from SIGTERM until its grace is over or it has ended', () => {
    const testimony = listen(event('start', 500), event('kill', 1_000, '15'));
    expect(testimony.isStopping(ended(0, { StopTimeout: 3 }))).toBe(true);
    clock = 5_000;
    expect(testimony.isStopping(ended(0, { StopTimeout: 3 }))).toBe(false);
    expect(testimony.isStopping(ended(0, { StopTimeout: 30 }))).toBe(true);
    testimony.take(event('die', 1_100));
    expect(testimony.isStopping(ended(0, { StopTimeout: 30 }))).toBe(false);
  });

  it.each(['1', '10', '9'])('is not being stopped by signal %s', (signal) => {
    expect(listen(event('kill', 1_000, signal)).isStopping(ended(0))).toBe(false);
  });
});

describe('a line of the events', () => {
  it('is read with its nanoseconds, which a number would round', () => {
    const line =
      '{"Type":"container","Action":"kill","Actor":{"ID":"abc","Attributes":{"signal":"15"}},"time":1795600276,"timeNano":1795600276544938314}';
    expect(parseEvent(line)).toMatchObject({ id: 'abc', action: 'kill', signal: '15', timeNano: 1795600276544938314n });
  });

  it.each([
    ...['', 'null', '[]', '{', '7', '{"Type":"network","Action":"kill","Actor":{"ID":"x"}}'],
    ...[
      '{"Type":"container","Action":"exec_die","Actor":{"ID":"x"}}',
      '{"Type":"container","Action":"die","Actor":null}',
    ],
    '{"Type":"container","Action":"constructor","Actor":{"ID":"x"}}',
  ])('that says nothing to us is left out: %s', (line) => {
    expect(parseEvent(line)).toBeUndefined();
  });
});

describe('listening to the engine', () => {
  let engine: FakeEngine;
  let runtime: Runtime;
  beforeEach(async () => {
    engine = await startFakeEngine();
    runtime = createFakeRuntime(engine);
  });
  afterEach(async () => {
    await runtime.close?.();
    await engine.stop();
  });
  const streams = () => engine.state.stream?.subscribers();
  const asked = () => engine.requests.filter(({ url }) => url.startsWith('/events'));
  const stoppedBy = async () => (await runtime.observe()).services.get('api')?.replicas[0]?.stoppedBy;

  it('begins with the first ping that is answered, once', async () => {
    seedService(engine, 'api');
    await Promise.all([runtime.ping(), runtime.ping(), runtime.observe()]);
    await vi.waitFor(() => expect(streams()).toBe(1));
    expect(asked()).toHaveLength(1);
  });

  it('asks for what the engine remembers from before the bot started', async () => {
    const api = seedService(engine, 'api', { host: noRestart });
    engine.people.dockerStop(api, 137);
    await runtime.ping();
    await vi.waitFor(async () => expect(await stoppedBy()).toBe('person'));
  });

  it('goes on after a lost connection, with what came meanwhile', async () => {
    const api = seedService(engine, 'api');
    await runtime.observe();
    await vi.waitFor(() => expect(streams()).toBe(1));
    engine.state.stream?.cut();
    engine.people.dockerKill(api);
    await vi.waitFor(async () => expect(await stoppedBy()).toBe('itself'), 5_000);
    expect(asked()[1]?.url).toMatch(/since=\d+\.\d{9}/);
  });

  it('asks for its own project only, and for no events of health checks', async () => {
    seedService(engine, 'api');
    await runtime.observe();
    await vi.waitFor(() => expect(asked()).toHaveLength(1));
    const filters = JSON.parse(new URLSearchParams(asked()[0]?.url.split('?')[1]).get('filters') ?? '');
    expect(filters).toMatchObject({ type: ['container'], label: ['com.docker.compose.project=demo'] });
    expect(filters.event).not.toContain('exec_die');
  });

  it.each<['hang' | 'reset' | number]>([['hang'], ['reset'], [403], [500]])(
    'keeps nobody waiting when the events %s',
    async (how) => {
      seedService(engine, 'api');
      engine.fail({ on: /events/, how });
      await runtime.observe();
      expect((await runtime.observe()).services.get('api')?.replicas).toHaveLength(1);
    },
  );

  it('ends with the runtime', async () => {
    await runtime.observe();
    await vi.waitFor(() => expect(streams()).toBe(1));
    await runtime.close?.();
    await vi.waitFor(() => expect(streams()).toBe(0));
    await runtime.observe();
    expect(asked()).toHaveLength(1);
  });

  it('shows a container as changing while a person stops it', async () => {
    const api = seedService(engine, 'api');
    await runtime.observe();
    await vi.waitFor(() => expect(streams()).toBe(1));
    engine.state.stream?.emit('kill', api, { signal: '15' });
    await vi.waitFor(async () =>
      expect((await runtime.observe()).services.get('api')?.changing).toBe('demo-api-1 is being stopped'),
    );
    const result = await runtime.restart({ service: 'api' }, { healthTimeoutMs: 10_000 });
    expect(result).toMatchObject({ ok: false, code: 'changing' });
    expect(engine.events).toEqual([]);
  });
});
