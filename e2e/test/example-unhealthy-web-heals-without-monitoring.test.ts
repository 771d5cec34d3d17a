import { expect, test } from 'vitest';
import { eventually } from '../src/eventually.ts';
import { openExample } from '../src/example.ts';
import { watchHealth } from '../src/watch-health.ts';

test('an unhealthy web server is healed without any monitoring, and what a person stopped is left alone', async () => {
  const example = await openExample('examples/unhealthy-web', ['unhealthy-web']);
  await example.type('Start');
  const events = watchHealth('unhealthy-web');
  // a person: the worker stays stopped through all that follows
  await example.run('docker compose stop worker');
  const before = await example.container('web');
  await example.type('Break it');
  const incident = await example.healed('web', 60_000);
  const after = await example.container('web');
  expect(after).toMatchObject({ status: 'running', health: 'healthy' });
  expect(after.startedAt).not.toBe(before.startedAt);
  expect(incident.alertname).toBe('ContainerUnhealthy');
  const unhealthy = events.last('web', 'health_status: unhealthy') as number;
  const healthy = events.last('web', 'health_status: healthy') as number;
  console.log(`unhealthy-web: ${((healthy - unhealthy) / 1000).toFixed(1)} s from the engine's event to healthy again`);
  expect(await example.type('Watch it heal')).toContain('"healed"');
  expect(await example.container('worker')).toMatchObject({ status: 'exited' });

  // a person stops, starts and recreates it: nothing of that is repaired
  const starts = events.count('web', 'start');
  await example.run('docker compose stop web');
  await example.run('docker compose up -d --wait');
  await example.run('docker compose up -d --wait --force-recreate web');
  await eventually(() => expect(events.count('web', 'start')).toBe(starts + 2), { timeoutMs: 20_000 });
  expect(await example.incidents()).toHaveLength(1);
  await example.type('Stop');
  expect(await example.containers()).toEqual([]);
});
