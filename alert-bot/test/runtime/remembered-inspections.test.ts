import { eventually } from '@stack/test-kit/eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Runtime } from '../../src/runtime/runtime.ts';
import type { FakeContainer } from './fake-container.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, seedService } from './fake-world.ts';

describe('inspections that are remembered', () => {
  let engine: FakeEngine;
  let runtime: Runtime;
  let api: FakeContainer;
  let worker: FakeContainer;
  const stream = () => engine.state.stream as NonNullable<FakeEngine['state']['stream']>;

  beforeEach(async () => {
    engine = await startFakeEngine();
    api = seedService(engine, 'api');
    worker = seedService(engine, 'worker');
    runtime = createFakeRuntime(engine);
    await runtime.observe();
    await settle();
  });
  afterEach(async () => {
    await runtime.close?.();
    await engine.stop();
  });

  /** The names of the containers that a look inspects. */
  async function inspectedBy(look: () => Promise<unknown>): Promise<string[]> {
    const from = engine.requests.length;
    await look();
    const urls = engine.requests.slice(from).map(({ url }) => url);
    const isOf = ({ Id }: FakeContainer) => urls.some((url) => url.includes(`/containers/${Id}/json`));
    return [api, worker].filter(isOf).map(({ Name }) => Name);
  }
  const observe = () => inspectedBy(() => runtime.observe());
  /** Until all events were heard and everything is remembered. */
  async function settle(): Promise<void> {
    await eventually(() => expect(stream().subscribers()).toBe(1));
    await eventually(async () => expect(await observe()).toEqual([]));
  }
  const stateOf = async (service: string) => (await runtime.observe()).services.get(service)?.replicas[0]?.state;

  it('one list is the whole look when nothing has happened', async () => {
    const from = engine.requests.length;
    await runtime.observe();
    expect(engine.requests.slice(from).map(({ url }) => url)).toEqual([expect.stringContaining('/containers/json')]);
  });

  it.each(['start', 'die', 'stop', 'kill', 'health_status: unhealthy', 'health_status: healthy', 'rename', 'oom'])(
    'the event %s makes the next look inspect its container and no other',
    async (action) => {
      stream().emit(action, api, action === 'rename' ? { name: 'demo-api-1' } : {});
      await eventually(async () => expect(await observe()).toEqual(['/demo-api-1']));
      expect(await observe()).toEqual([]);
    },
  );

  it('a change that no event told of is seen in the list', async () => {
    stream().stall();
    engine.people.dockerPause(api);
    expect(await stateOf('api')).toBe('paused');
    engine.people.dockerStop(worker);
    expect(await stateOf('worker')).toBe('exited');
  });

  it('a connection that was lost makes the next look inspect everything', async () => {
    engine.fail({ on: /\/events/, how: 503 });
    stream().cut();
    await eventually(async () => expect(await observe()).toEqual(['/demo-api-1', '/demo-worker-1']));
    expect(await observe()).toEqual(['/demo-api-1', '/demo-worker-1']); // nothing is remembered without events
    engine.recover();
    await settle();
  });

  it('nothing is remembered where the engine tells no events', async () => {
    const deaf = await startFakeEngine({ hasEvents: false });
    seedService(deaf, 'api');
    const other = createFakeRuntime(deaf);
    await other.observe();
    const from = deaf.requests.length;
    await other.observe();
    expect(deaf.requests.slice(from).filter(({ url }) => /\/containers\/\w+\/json/.test(url)).length).toBe(1);
    await other.close?.();
    await deaf.stop();
  });

  it('a target that is about to be acted on, or was, is always inspected', async () => {
    await runtime.evidence('api');
    expect(await observe()).toEqual(['/demo-api-1']);
    await runtime.restart({ service: 'demo/worker' }, { healthTimeoutMs: 10_000 });
    await eventually(async () => expect(await observe()).toEqual(['/demo-api-1', '/demo-worker-1']));
    expect(await observe()).toEqual(['/demo-api-1', '/demo-worker-1']);
  });
});
