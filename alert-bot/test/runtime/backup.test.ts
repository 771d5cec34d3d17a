import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, seedService } from './fake-world.ts';

let engine: FakeEngine;
let runtime: Runtime;
beforeEach(async () => {
  engine = await startFakeEngine();
  runtime = createFakeRuntime(engine);
  seedService(engine, 'api', { labels: { 'docker-volume-backup.stop-during-backup': 'true' } });
  seedService(engine, 'web');
});
afterEach(async () => {
  await runtime.close?.();
  await engine.stop();
});

const startBackup = () => {
  const image = 'offen/docker-volume-backup:v2';
  engine.state.images[image] = 'sha256:backup';
  return engine.seed('backup', { Image: image, Labels: {}, HostConfig: {}, NetworkingConfig: { EndpointsConfig: {} } });
};
const changing = async (service: string) => (await runtime.observe()).services.get(service)?.changing;
const restart = (service: string) => runtime.restart({ service }, { healthTimeoutMs: 10_000 });

it('what a backup may stop waits while it runs, also at the last look, and nothing else does', async () => {
  const backup = startBackup();
  expect([await changing('api'), await changing('web')]).toEqual(['the backup backup is running', undefined]);
  expect(await restart('api')).toMatchObject({ ok: false, code: 'changing', retryable: true });
  expect(await restart('web')).toMatchObject({ ok: true });
  engine.people.dockerStop(backup, 0);
  expect(await changing('api')).toBeUndefined();
  expect(await restart('api')).toMatchObject({ ok: true });
  expect(engine.events).toEqual(['restart demo-web-1', 'restart demo-api-1']);
});
