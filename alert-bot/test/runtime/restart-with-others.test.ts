import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ActionResult, ActionStep, Runtime } from '../../src/runtime/runtime.ts';
import type { FakeContainer } from './fake-container.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, noRestart, seedService } from './fake-world.ts';

describe('restarting what others replace, restart or stop at the same time', () => {
  let engine: FakeEngine;
  let runtime: Runtime;
  let api: FakeContainer;
  beforeEach(async () => {
    engine = await startFakeEngine();
    runtime = createFakeRuntime(engine);
    api = seedService(engine, 'api');
  });
  afterEach(() => engine.stop());

  const restart = (replica?: string, onStep?: (step: ActionStep) => void): Promise<ActionResult> =>
    runtime.restart(replica === undefined ? { service: 'api' } : { service: 'api', replica }, {
      healthTimeoutMs: 10_000,
      ...(onStep && { onStep }),
    });
  /** What compose does right before our call arrives: the old container is gone, its successor runs. */
  const replace = (old: FakeContainer, behaviour = {}) => {
    engine.people.remove(old);
    const number = Number(old.Config.Labels['com.docker.compose.container-number']);
    const labels = { 'com.docker.compose.replace': `api-${number}` };
    return seedService(engine, 'api', { number, labels, host: noRestart }, behaviour);
  };
  const onRestarting = (act: () => void) => {
    let done = false;
    return ({ step }: ActionStep) => {
      if (step !== 'restarting' || done) return;
      done = true;
      act();
    };
  };

  it('counts the successor that compose made as restarted, once it is healthy', async () => {
    let successor: FakeContainer | undefined;
    const result = await restart(
      undefined,
      onRestarting(() => (successor = replace(api))),
    );
    expect(result).toMatchObject({
      ok: true,
      replicas: [{ id: successor?.Id, startedAt: successor?.State.StartedAt, previousStartedAt: api.State.StartedAt }],
    });
    expect(engine.events).toEqual([]);
  });

  it('is a failure when the successor does not become healthy', async () => {
    const result = await restart(
      undefined,
      onRestarting(() => replace(api, { healthyAfter: 'never' })),
    );
    expect(result).toMatchObject({ ok: false, code: 'never_healthy', retryable: true });
  });

  it('waits for a successor that compose has made and not started yet', async () => {
    let looks = 0;
    const result = restart(
      undefined,
      onRestarting(() => {
        const successor = replace(api);
        successor.State = { ...successor.State, Status: 'created', Running: false };
        Object.defineProperty(successor, 'Image', {
          get: () => {
            looks += 1;
            if (looks === 3) engine.people.dockerStart(successor);
            return 'sha256:one';
          },
        });
      }),
    );
    expect(await result).toMatchObject({ ok: true });
  });

  it('finds the successor of a replica that was replaced between the decision and the action', async () => {
    await runtime.observe();
    const successor = replace(api);
    await runtime.observe();
    expect(await restart(api.Id)).toMatchObject({ ok: true, replicas: [{ id: successor.Id }] });
    expect(engine.events).toEqual([]);
  });

  it('does not take another replica for the successor', async () => {
    seedService(engine, 'api', { number: 2 });
    await runtime.observe();
    engine.people.remove(api);
    expect(await restart(api.Id)).toMatchObject({ ok: false, code: 'target_missing' });
  });

  it('goes on with the next replica after one that was replaced', async () => {
    const second = seedService(engine, 'api', { number: 2 });
    const result = await restart(undefined, ({ step, replica }) => {
      if (step === 'healthy' && replica === 'demo-api-1') replace(second);
    });
    expect(result).toMatchObject({ ok: true, replicas: [{ name: 'demo-api-1' }, { name: 'demo-api-2' }] });
    expect(engine.events).toEqual(['restart demo-api-1']);
  });

  it.each([
    [409, 'removal of container demo-api-1 is already in progress'],
    [500, 'Cannot restart container demo-api-1: tried to kill container, operation already in progress'],
  ])('sees that somebody else restarts it when the engine answers %s', async (how, message) => {
    engine.fail({ on: /POST .*restart/, how, message });
    const result = await restart(
      undefined,
      onRestarting(() => engine.people.dockerStart(api)),
    );
    expect(result).toMatchObject({ ok: true, replicas: [{ id: api.Id, startedAt: api.State.StartedAt }] });
  });

  it('calls it a change by others, to be looked at again, when the engine goes on refusing', async () => {
    engine.fail({ on: /POST .*restart/, how: 500, message: 'operation already in progress' });
    expect(await restart()).toMatchObject({ ok: false, code: 'changing', retryable: true });
  });

  it('is a missing target when somebody removed it and nothing takes its place', async () => {
    const result = await restart(
      undefined,
      onRestarting(() => engine.people.remove(api)),
    );
    expect(result).toMatchObject({ ok: false, code: 'target_missing', retryable: false });
  });

  describe('while it waits for the container to become healthy', () => {
    beforeEach(async () => {
      api.behaviour.healthyAfter = 1_000_000;
      await runtime.observe();
      await vi.waitFor(() => expect(engine.state.stream?.subscribers()).toBe(1));
    });
    afterEach(() => runtime.close?.());
    const onStarted =
      (act: () => void) =>
      ({ step }: ActionStep) =>
        step === 'started' && act();

    it('counts a recreate by compose as the restart, and waits for the successor', async () => {
      const previousStartedAt = api.State.StartedAt;
      const result = await restart(
        undefined,
        onStarted(() => {
          engine.people.dockerStop(api, 0);
          setTimeout(() => replace(api), 50);
        }),
      );
      expect(result).toMatchObject({ ok: true, replicas: [{ previousStartedAt }] });
    });

    it.each<[string, () => void, string]>([
      ['stops', () => engine.people.dockerStop(api, 0), 'held_by_person'],
      ['pauses', () => engine.people.dockerPause(api), 'held_by_person'],
      ['removes', () => engine.people.remove(api), 'target_missing'],
    ])('says that a person %s it, and does not call it a failure of the program', async (_, act, code) => {
      expect(await restart(undefined, onStarted(act))).toMatchObject({ ok: false, code });
    });

    it('calls a crash a crash', async () => {
      const crash = onStarted(() => engine.people.crash(api, 1));
      expect(await restart(undefined, crash)).toMatchObject({ ok: false, code: 'exited' });
    });
  });

  it.each<[string, (container: FakeContainer) => void]>([
    ['paused', (container) => engine.people.dockerPause(container)],
    ['stopped', (container) => engine.people.dockerStop(container)],
  ])('ends when a person %s the next replica meanwhile', async (_, act) => {
    const second = seedService(engine, 'api', { number: 2 });
    const result = await restart(undefined, ({ step }) => {
      if (step === 'healthy' && second.State.Status === 'running') act(second);
    });
    expect(result).toMatchObject({ ok: false, code: 'held_by_person' });
    expect(JSON.stringify(result)).toContain('Restarted before: 1 of 2');
    expect(engine.events).toEqual(['restart demo-api-1']);
  });

  it('touches no replica when one of them is held, whichever comes first', async () => {
    engine.people.dockerPause(seedService(engine, 'api', { number: 2 }));
    expect(await restart()).toMatchObject({ ok: false, code: 'held_by_person' });
    expect(engine.events).toEqual([]);
  });

  it('restarts the replica that is named although a person holds another one', async () => {
    engine.people.dockerPause(seedService(engine, 'api', { number: 2 }));
    expect(await restart(api.Id)).toMatchObject({ ok: true });
  });

  it('is aborted between two replicas, and while it waits for one', async () => {
    seedService(engine, 'api', { number: 2 });
    for (const at of ['healthy', 'started']) {
      engine.events.length = 0;
      const controller = new AbortController();
      const onStep = ({ step }: ActionStep) => step === at && controller.abort();
      const options = { healthTimeoutMs: 10_000, signal: controller.signal, onStep };
      expect(await runtime.restart({ service: 'api' }, options)).toMatchObject({ ok: false, code: 'aborted' });
      expect(engine.events).toEqual(['restart demo-api-1']);
    }
  });
});
