import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ActionStep, Runtime } from '../../src/runtime/runtime.ts';
import type { FakeContainer } from './fake-container.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, noRestart, type ServiceOverrides, seedService } from './fake-world.ts';

describe('what a restart takes with it', () => {
  let engine: FakeEngine;
  let runtime: Runtime;
  let api: FakeContainer;
  beforeEach(async () => {
    engine = await startFakeEngine();
    runtime = createFakeRuntime(engine);
    api = seedService(engine, 'api');
  });
  afterEach(() => engine.stop());

  const restart = (service = 'api', onStep?: (step: ActionStep) => void) =>
    runtime.restart({ service }, { healthTimeoutMs: 10_000, ...(onStep && { onStep }) });
  const inNetworkOf = (id: string, more: ServiceOverrides = {}): ServiceOverrides => ({
    ...more,
    host: { NetworkMode: `container:${id}` },
    networks: {},
  });
  const startsAfter = (...entries: string[]) => ({ 'com.docker.compose.depends_on': entries.join(',') });

  it.each([
    ['by its full id', (id: string) => id],
    ['by its short id', (id: string) => id.slice(0, 12)],
  ])('is the container that shares its network %s: restarted after its parent is healthy', async (_, call) => {
    seedService(engine, 'sidecar', inNetworkOf(call(api.Id)));
    const steps: string[] = [];
    const result = await restart('api', ({ step, replica }) => steps.push(`${step} ${replica ?? ''}`.trim()));
    expect(result).toMatchObject({
      ok: true,
      replicas: [{ id: api.Id }],
      notes: ['demo-sidecar-1 shares the network of api and was restarted too'],
    });
    expect(engine.events).toEqual(['restart demo-api-1', 'restart demo-sidecar-1']);
    expect(steps.indexOf('healthy demo-api-1')).toBeLessThan(steps.indexOf('restarting demo-sidecar-1'));
  });

  it('is said and left as it is when it has not opted in', async () => {
    const labels = { 'self-healing.enable': 'false' };
    seedService(engine, 'sidecar', inNetworkOf(api.Id, { labels }));
    const result = await restart();
    expect(result).toMatchObject({ ok: true });
    expect(JSON.stringify(result)).toMatch(
      /demo-sidecar-1 shares the network of api and was not restarted: .*not opted in/,
    );
    expect(engine.events).toEqual(['restart demo-api-1']);
  });

  it('is said and left as it is when a person holds it', async () => {
    engine.people.dockerPause(seedService(engine, 'sidecar', inNetworkOf(api.Id)));
    expect(JSON.stringify(await restart())).toMatch(/was not restarted: .*paused by a person/);
  });

  it('is a service that compose restarts with it, and what follows that one', async () => {
    seedService(engine, 'web', { labels: startsAfter('db:service_healthy:false', 'api:service_started:true') });
    seedService(engine, 'edge', { labels: startsAfter('web:service_started:true') });
    expect(await restart()).toMatchObject({ ok: true });
    expect(engine.events).toEqual(['restart demo-api-1', 'restart demo-web-1', 'restart demo-edge-1']);
  });

  it('is nothing that only waits for it at the start, that stands still, or that shares the network of another', async () => {
    const worker = seedService(engine, 'worker');
    seedService(engine, 'web', { labels: startsAfter('api:service_healthy:false') });
    seedService(engine, 'other', inNetworkOf(worker.Id));
    engine.people.dockerStop(seedService(engine, 'sidecar', inNetworkOf(api.Id)));
    expect(await restart()).not.toHaveProperty('notes');
    expect(engine.events).toEqual(['restart demo-api-1']);
  });

  it.each([
    ['by its exit code', 128, ''],
    ['by what the engine said', 255, 'cannot join network of a non running container: 0123'],
  ])('is the orphan that died with its parent, known %s: started after its parent is healthy', async (_, code, why) => {
    const sidecar = seedService(engine, 'sidecar', {
      ...inNetworkOf(api.Id),
      host: { ...noRestart, NetworkMode: `container:${api.Id}` },
    });
    engine.people.crash(sidecar, code);
    if (why) sidecar.State.Error = why;
    const result = await restart();
    expect(result).toMatchObject({ ok: true });
    expect(engine.events).toEqual(['restart demo-api-1', 'restart demo-sidecar-1']);
    expect(sidecar.State.Running).toBe(true);
  });

  it('is no orphan that has not opted in: it is named', async () => {
    const labels = { 'self-healing.enable': 'false' };
    engine.people.crash(seedService(engine, 'sidecar', inNetworkOf(api.Id, { labels })), 128);
    expect(JSON.stringify(await restart())).toMatch(/demo-sidecar-1 .* was not restarted: .*not opted in/);
    expect(engine.events).toEqual(['restart demo-api-1']);
  });

  it('is nothing that was made for a parent that is gone: the answer says that only compose can help', async () => {
    const lost = inNetworkOf('a'.repeat(64), { labels: startsAfter('api:service_started:true') });
    seedService(engine, 'sidecar', lost);
    expect(await restart()).toMatchObject({
      ok: true,
      notes: [
        expect.stringMatching(/demo-sidecar-1 shares the network of a container that is gone \(a{12}\).*compose up/),
      ],
    });
    expect(engine.events).toEqual(['restart demo-api-1']);
  });

  it('is restarted once, after all that it depends on', async () => {
    seedService(engine, 'edge', { labels: startsAfter('web:service_started:true', 'api:service_started:true') });
    seedService(engine, 'web', { labels: startsAfter('api:service_started:true') });
    expect(await restart()).toMatchObject({ ok: true });
    expect(engine.events).toEqual(['restart demo-api-1', 'restart demo-web-1', 'restart demo-edge-1']);
  });

  it('ends where services depend on each other', async () => {
    api.Config.Labels = { ...api.Config.Labels, ...startsAfter('web:service_started:true') };
    seedService(engine, 'web', { labels: startsAfter('api:service_started:true') });
    expect(await restart()).toMatchObject({ ok: true });
    expect(engine.events).toEqual(['restart demo-api-1', 'restart demo-web-1']);
  });

  it('is a failure of the action when it does not come back', async () => {
    seedService(engine, 'sidecar', inNetworkOf(api.Id), { healthyAfter: 'never' });
    const result = await restart();
    expect(result).toMatchObject({ ok: false, code: 'never_healthy', retryable: true });
    expect(JSON.stringify(result)).toContain('demo-sidecar-1 shares the network of api');
  });
});
