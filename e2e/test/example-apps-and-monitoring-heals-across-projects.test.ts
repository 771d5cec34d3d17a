import { expect, test } from 'vitest';
import { openExample } from '../src/example.ts';

test('monitoring in one project heals an application in another', async () => {
  const example = await openExample('examples/apps-and-monitoring', ['example-shop', 'example-monitoring']);
  await example.type('Start');
  const before = await example.container('web');
  const broken = Date.now();
  await example.type('Break it');
  const incident = await example.healed('example-shop/web', 120_000);
  const after = await example.container('web');
  expect(after.startedAt).not.toBe(before.startedAt);
  expect(incident.alertname).toBe('SiteDown');
  console.log(
    `apps-and-monitoring: ${((Date.parse(after.startedAt) - broken) / 1000).toFixed(1)} s from the fault to the restart`,
  );
  expect(await example.type('Watch it heal')).toContain('"healed"');
  // the shop goes away while the monitoring stays: nothing is brought back
  await example.run('docker compose -f shop/compose.yml down');
  expect((await example.containers()).map(({ service }) => service)).not.toContain('web');
  await example.type('Stop');
  expect(await example.containers()).toEqual([]);
});
