import { expect, test } from 'vitest';
import { openExample } from '../src/example.ts';
import { watchHealth } from '../src/watch-health.ts';

test('what lives in the network of a VPN client has network again after its repair', async () => {
  const example = await openExample('examples/vpn-sidecar', ['vpn-sidecar']);
  expect(await example.type('Start')).toContain('reached');
  const events = watchHealth('vpn-sidecar');
  const before = await Promise.all(['downloader', 'indexer'].map((service) => example.container(service)));
  await example.type('Break it');
  await example.healed('vpn', 90_000);
  const seen = await example.type('Watch it heal');
  expect(seen.match(/reached$/gm)).toHaveLength(2);
  const after = await Promise.all(['downloader', 'indexer'].map((service) => example.container(service)));
  for (const [index, { startedAt, status }] of after.entries()) {
    expect(status).toBe('running');
    expect(startedAt).not.toBe(before[index]?.startedAt);
  }
  const unhealthy = events.last('vpn', 'health_status: unhealthy') as number;
  const lastStart = Math.max(...['downloader', 'indexer'].map((service) => events.last(service, 'start') as number));
  console.log(
    `vpn-sidecar: ${((lastStart - unhealthy) / 1000).toFixed(1)} s from the engine's event to dependents with network`,
  );
  await example.type('Stop');
  expect(await example.containers()).toEqual([]);
});
