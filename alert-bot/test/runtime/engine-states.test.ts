import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ActionResult, ObservedService, Replica, Runtime } from '../../src/runtime/runtime.ts';
import { stopContainer } from './fake-container.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, noRestart, seedService } from './fake-world.ts';

const options = { healthTimeoutMs: 10_000 };

/** One test a row of the table "What it makes of a container's state" in alert-bot/README.md. */
describe.each([
  ['with the events of the engine', true],
  ['behind a proxy that answers 404 to /events', false],
])('a container, %s,', (_, hasEvents) => {
  let engine: FakeEngine;
  let runtime: Runtime;
  beforeEach(async () => {
    engine = await startFakeEngine({ hasEvents });
    runtime = createFakeRuntime(engine);
  });
  afterEach(async () => {
    await runtime.close?.();
    await engine.stop();
  });

  const service = async (): Promise<ObservedService> => {
    const seen = (await runtime.observe()).services.get('api');
    if (!seen) throw new Error('there is no service api');
    return seen;
  };
  const replica = async (): Promise<Replica> => (await service()).replicas[0] as Replica;
  const restart = (): Promise<ActionResult> => runtime.restart({ service: 'api' }, options);
  const listening = async () => {
    await runtime.observe();
    if (hasEvents) await vi.waitFor(() => expect(engine.state.stream?.subscribers()).toBe(1));
  };
  const expectUntouched = async (code: string, told: RegExp) => {
    const result = await restart();
    expect(result).toMatchObject({ ok: false, code, retryable: true });
    expect(JSON.stringify(result)).toMatch(told);
    expect(await runtime.scale({ service: 'api' }, { from: 1, to: 2 }, options)).toMatchObject({ ok: false, code });
    expect(engine.events).toEqual([]);
  };

  it('that was created and never started is left to whoever made it', async () => {
    const api = seedService(engine, 'api');
    api.State = { ...api.State, Status: 'created', Running: false, StartedAt: '0001-01-01T00:00:00Z' };
    expect(await service()).toMatchObject({ changing: 'demo-api-1 was created and never started' });
    await expectUntouched('changing', /created and never started/);
  });

  it('that runs is restarted', async () => {
    seedService(engine, 'api');
    expect(await service()).not.toHaveProperty('changing');
    expect(await replica()).not.toHaveProperty('stoppedBy');
    expect(await restart()).toMatchObject({ ok: true });
  });

  it('that its restart policy starts again and again is restarted', async () => {
    const api = seedService(engine, 'api');
    api.State = { ...api.State, Status: 'restarting', Restarting: true, ExitCode: 4 };
    expect(await replica()).toMatchObject({ state: 'restarting', exitCode: 4 });
    expect(await restart()).toMatchObject({ ok: true });
  });

  it('that is paused is held by a person', async () => {
    engine.people.dockerPause(seedService(engine, 'api'));
    expect(await replica()).toMatchObject({ state: 'paused' });
    await expectUntouched('held_by_person', /was paused by a person/);
  });

  it('that ended on its own is started', async () => {
    const api = seedService(engine, 'api', { host: noRestart });
    await listening();
    engine.people.crash(api, 1);
    await vi.waitFor(async () => expect(await replica()).toMatchObject({ stoppedBy: 'itself', exitCode: 1 }));
    expect((await replica()).finishedAt).toBe(api.State.FinishedAt);
    expect(await restart()).toMatchObject({ ok: true });
    expect(engine.events).toEqual(['restart demo-api-1']);
  });

  it.each(['no', 'on-failure', 'always', 'unless-stopped'])(
    'that a person stopped under the policy %s is left alone',
    async (Name) => {
      const api = seedService(engine, 'api', { host: { RestartPolicy: { Name } } });
      await listening();
      engine.people.dockerStop(api);
      await vi.waitFor(async () => expect(await replica()).toMatchObject({ state: 'exited', stoppedBy: 'person' }));
      await expectUntouched('held_by_person', /was stopped by a person/);
    },
  );

  it('that is being stopped is left to whoever stops it, as far as that is heard', async () => {
    const api = seedService(engine, 'api');
    await listening();
    engine.state.stream?.emit('kill', api, { signal: '15' });
    if (!hasEvents) return expect(await service()).not.toHaveProperty('changing');
    await vi.waitFor(async () => expect(await service()).toMatchObject({ changing: 'demo-api-1 is being stopped' }));
    await expectUntouched('changing', /is being stopped/);
  });

  it('that a person stopped is restarted when the runbook says so', async () => {
    stopContainer(seedService(engine, 'api'));
    expect(await runtime.restart({ service: 'api' }, { ...options, includeHeld: true })).toMatchObject({ ok: true });
    expect(engine.events).toEqual(['restart demo-api-1']);
  });

  it('that is being removed is left to whoever removes it', async () => {
    const api = seedService(engine, 'api');
    api.State = { ...api.State, Status: 'removing', Running: false };
    expect(await service()).toMatchObject({ changing: 'demo-api-1 is being removed' });
    await expectUntouched('changing', /is being removed/);
  });

  it('that is dead is left to a person', async () => {
    const api = seedService(engine, 'api');
    api.State = { ...api.State, Status: 'dead', Running: false };
    await expectUntouched('changing', /could not remove it/);
  });

  it.each([
    ['under its temporary name', '0123456789ab_demo-api-1', 1],
    ['beside the one that it replaces', 'demo-api-next', 2],
  ])('that compose is recreating is left to compose: %s', async (_how, name, count) => {
    if (count === 2) seedService(engine, 'api');
    seedService(engine, 'api', { name, labels: { 'com.docker.compose.replace': 'api-1' } });
    await expectUntouched('changing', count === 1 ? /being recreated by compose/ : /both carry the number 1/);
  });

  it('that a recreate once left with the label of its successor is restarted as any other', async () => {
    seedService(engine, 'api', { labels: { 'com.docker.compose.replace': 'api-1' } });
    expect(await restart()).toMatchObject({ ok: true });
  });

  it('that the engine could not start again is not held: somebody wants it to run', async () => {
    const api = seedService(engine, 'api');
    engine.people.dockerStop(api);
    api.State.Error = 'driver failed programming external connectivity: port is already allocated';
    expect(await replica()).toMatchObject({ stoppedBy: 'itself' });
    expect(await restart()).toMatchObject({ ok: true });
  });

  it('that our own restart left stopped is not held: the next try starts it', async () => {
    const ports = { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } };
    seedService(engine, 'api', { host: ports });
    const taker = seedService(engine, 'taker', { host: ports });
    await listening();
    expect(await restart()).toMatchObject({ ok: false, code: 'engine_error', retryable: true });
    expect(await replica()).toMatchObject({ state: 'exited', stoppedBy: 'itself' });
    engine.people.remove(taker);
    expect(await restart()).toMatchObject({ ok: true });
  });

  it('that an engine which died in the middle of our restart left stopped is not held', async () => {
    const api = seedService(engine, 'api');
    await listening();
    engine.fail({ on: /POST .*restart/, how: 'reset', times: 1, next: { on: /./, how: 'reset' } });
    await expect(restart()).rejects.toThrow(/no answer from the Docker engine/);
    engine.people.dockerStop(api, 0); // as far as the engine came
    engine.recover();
    await vi.waitFor(async () => expect(await replica()).toMatchObject({ state: 'exited', stoppedBy: 'itself' }));
    expect(await restart()).toMatchObject({ ok: true });
  });

  it.each(['stopped', 'paused'])('that a person %s is repaired when the runbook says so', async (how) => {
    const api = seedService(engine, 'api');
    await listening();
    if (how === 'paused') engine.people.dockerPause(api);
    else engine.people.dockerStop(api);
    expect(await restart()).toMatchObject({ ok: false, code: 'held_by_person' });
    const result = await runtime.restart({ service: 'api' }, { ...options, includeHeld: true });
    expect(result).toMatchObject({ ok: true });
  });

  it('that was killed is started when the events told so, and else left alone where a policy should have started it', async () => {
    const api = seedService(engine, 'api');
    await listening();
    engine.people.dockerKill(api);
    const stoppedBy = hasEvents ? 'itself' : 'person';
    await vi.waitFor(async () => expect(await replica()).toMatchObject({ exitCode: 137, stoppedBy }));
  });
});
