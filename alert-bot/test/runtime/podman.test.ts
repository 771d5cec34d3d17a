import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, seedService } from './fake-world.ts';

let engine: FakeEngine;
let runtime: Runtime;

beforeEach(async () => {
  engine = await startFakeEngine({ apiVersion: '1.41' });
  engine.state.isPodman = true;
  runtime = createFakeRuntime(engine);
});
afterEach(async () => {
  await runtime.close?.();
  await engine.stop();
});

const options = { healthTimeoutMs: 10_000 };
const scale = () => runtime.scale({ service: 'worker' }, { from: 1, to: 2 }, options);
const clone = () => engine.state.containers.find(({ Name }) => Name === '/demo-worker-2');

it('a container without a healthcheck is healthy when it runs on, although Podman says that its health is nothing', async () => {
  seedService(engine, 'worker', {}, { healthyAfter: 'none' });
  expect(await runtime.restart({ service: 'worker' }, options)).toMatchObject({ ok: true });
  const { services } = await runtime.observe();
  expect(services.get('worker')?.replicas[0]?.health).toBe('none');
});

it('a new replica is on the networks of its source, although Podman calls all of them bridge', async () => {
  seedService(engine, 'worker');
  expect(await scale()).toMatchObject({ ok: true });
  expect(Object.keys(clone()?.NetworkSettings.Networks ?? {})).toEqual(['demo_back', 'demo_front']);
});

it('a new replica answers to its own host name, not to that of its source', async () => {
  const source = seedService(engine, 'worker');
  expect(await scale()).toMatchObject({ ok: true });
  expect(clone()?.Config.Env).not.toContain(`HOSTNAME=${source.Config.Hostname}`);
});

it('a new replica that Podman puts on its own network instead is refused, and never started', async () => {
  seedService(engine, 'worker');
  engine.state.dropsNetworks = true;
  engine.fail({ on: /networks\/.*\/connect/, how: 200 });
  const result = await scale();
  expect(result).toMatchObject({
    ok: false,
    code: 'not_scalable',
    message: expect.stringContaining('without the network demo_back'),
  });
  expect(engine.events.filter((event) => event.includes('worker-2'))).toEqual([
    'create demo-worker-2',
    'remove demo-worker-2 v=true',
  ]);
});

it('a service on the network that Podman has for all is scaled there', async () => {
  seedService(engine, 'worker', { host: { NetworkMode: 'bridge' }, networks: { podman: {} } });
  expect(await scale()).toMatchObject({ ok: true });
  expect(Object.keys(clone()?.NetworkSettings.Networks ?? {})).toEqual(['podman']);
});
