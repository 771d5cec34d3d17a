import { eventually } from '@stack/test-kit/eventually';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Runtime } from '../../src/runtime/runtime.ts';
import type { WatchedContainer, WatchItem } from '../../src/runtime/watch.ts';
import type { FakeContainer } from './fake-container.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, seedService } from './fake-world.ts';

describe('watching the containers', () => {
  let engine: FakeEngine;
  let runtime: Runtime;
  let api: FakeContainer;
  let items: WatchItem[];
  const stream = () => engine.state.stream as NonNullable<FakeEngine['state']['stream']>;

  beforeEach(async () => {
    engine = await startFakeEngine();
    api = seedService(engine, 'api');
    const first = createFakeRuntime(engine); // its look lets the healthcheck pass
    await first.observe();
    await first.close?.();
    await eventually(() => expect(stream().subscribers()).toBe(0));
    runtime = createFakeRuntime(engine, { compareMs: 100 });
  });
  afterEach(async () => {
    await runtime.close?.();
    await engine.stop();
  });

  /** Resolves when the watch has ended. */
  async function listen(): Promise<void> {
    items = [];
    const ending = new AbortController();
    onTestFinished(() => ending.abort());
    for await (const item of (runtime.watch as NonNullable<Runtime['watch']>)(ending.signal)) items.push(item);
  }

  async function watch(): Promise<void> {
    void listen();
    await eventually(() => expect(items.map(({ type }) => type)).toContain('list'));
    await eventually(() => expect(stream().subscribers()).toBeGreaterThan(0));
    items = [];
  }
  const told = () => items.flatMap((item) => (item.type === 'event' ? [`${item.action} ${item.container.name}`] : []));
  /** Everything as a reader knows it by now. */
  const known = (): Map<string, WatchedContainer> => {
    const all = new Map<string, WatchedContainer>();
    for (const item of items) {
      if (item.type === 'lost') continue;
      if (item.type === 'list') all.clear();
      for (const one of item.type === 'list' ? item.containers : [item.container]) all.set(one.name, one);
    }
    return all;
  };
  const isKnownAs = (health: string, name = 'demo-api-1') =>
    eventually(() => expect(known().get(name)?.health).toBe(health), { timeoutMs: 15_000 });

  it('begins with all containers of the project as they are, also where nobody has told of them', async () => {
    engine.people.turn(api, 'unhealthy');
    stream().forget();
    void listen();
    await eventually(() => expect(items).not.toEqual([]));
    const [first] = items;
    const container = { name: 'demo-api-1', project: 'demo', service: 'api', optedIn: true, health: 'unhealthy' };
    expect(first).toMatchObject({ type: 'list', containers: [container] });
    expect(known().get('demo-api-1')?.unhealthySince).toBeGreaterThan(0);
  });

  it('tells events in their order, with the container as it is then', async () => {
    await watch();
    engine.people.turn(api, 'unhealthy');
    engine.people.dockerStop(api);
    engine.people.dockerStart(api);
    await eventually(() =>
      expect(told()).toEqual(['unhealthy', 'kill', 'stop', 'die', 'start'].map((word) => `${word} demo-api-1`)),
    );
    expect(items.map((item) => item.type === 'event' && item.container.state)).toEqual([
      'up',
      'up',
      'up',
      'down',
      'up',
    ]);
  });

  it('one connection to the engine serves the watch and the question who stopped a container', async () => {
    await watch();
    await runtime.observe();
    expect(stream().subscribers()).toBe(1);
  });

  it.each<[string, () => void]>([
    ['is cut', () => stream().cut()],
    ['ends in the middle of a line', () => stream().tear()],
    ['stalls without an end', () => stream().stall()],
    [
      'is cut by an engine that was restarted and has forgotten everything',
      () => {
        stream().cut();
        stream().forget();
      },
    ],
    [
      'is cut, and the clock of the engine is an hour behind afterwards',
      () => {
        stream().cut();
        stream().forget();
        stream().setBack(3_600_000);
      },
    ],
  ])('after a stream that %s nothing is missed', async (_name, breakIt) => {
    await watch();
    breakIt();
    engine.people.turn(api, 'unhealthy');
    await isKnownAs('unhealthy');
    await eventually(() => expect(stream().subscribers()).toBe(1), { timeoutMs: 15_000 });
    engine.people.turn(api, 'healthy');
    await isKnownAs('healthy');
    expect(told().filter((word) => word.startsWith('healthy'))).toHaveLength(1);
  });

  it('a container that was made, replaced or removed while nobody heard is seen in the list', async () => {
    await watch();
    stream().stall();
    engine.people.remove(api);
    engine.people.turn(seedService(engine, 'web'), 'unhealthy');
    await isKnownAs('unhealthy', 'demo-web-1');
    expect([...known().keys()]).toEqual(['demo-web-1']);
  });

  it('events that are sent several times are told once', async () => {
    stream().repeat(3);
    await watch();
    engine.people.turn(api, 'unhealthy');
    engine.people.turn(api, 'healthy');
    await eventually(() => expect(told()).toContain('healthy demo-api-1'));
    expect(told()).toEqual(['unhealthy demo-api-1', 'healthy demo-api-1']);
  });

  it.each([403, 404, 500])('a proxy that answers %i to events costs the speed and not the news', async (status) => {
    engine.fail({ on: /events/, how: status });
    void listen();
    await isKnownAs('healthy');
    engine.people.turn(api, 'unhealthy');
    await isKnownAs('unhealthy');
  });

  it('an engine that does not answer is said once, and a list follows when it does', async () => {
    await watch();
    stream().cut();
    engine.fail({ on: /./, how: 'reset' });
    await eventually(() => expect(items.some(({ type }) => type === 'lost')).toBe(true));
    engine.people.turn(api, 'unhealthy');
    engine.recover();
    await isKnownAs('unhealthy');
    expect(items.filter(({ type }) => type === 'lost')).toHaveLength(1);
  });

  it('ends with the runtime', async () => {
    const ended = listen();
    await eventually(() => expect(stream().subscribers()).toBe(1));
    await runtime.close?.();
    await ended;
    await eventually(() => expect(stream().subscribers()).toBe(0));
  });
});
