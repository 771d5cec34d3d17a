import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Replica } from '../../src/runtime/runtime.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, seedService } from './fake-world.ts';

const on = (...networks: string[]) => Object.fromEntries(networks.map((network) => [network, { Aliases: ['worker'] }]));

describe('what an alert may call a replica', () => {
  let engine: FakeEngine;
  beforeEach(async () => {
    engine = await startFakeEngine();
  });
  afterEach(() => engine.stop());

  const replicas = async (scrapeNetwork?: string): Promise<Replica[]> =>
    (await createFakeRuntime(engine, { scrapeNetwork }).observe()).services.get('worker')?.replicas ?? [];
  const addressOn = (network: string, container = engine.state.containers[0]) =>
    container?.NetworkSettings.Networks?.[network]?.IPAddress;
  /** The fake gives all networks of a container one after the other; here each gets its own. */
  const seed = (number = 1) => seedService(engine, 'worker', { number, networks: on('demo_data', 'demo_monitoring') });

  it('is an address on any network when nobody knows which one is scraped', async () => {
    seed();
    expect((await replicas())[0]?.addresses).toHaveLength(2);
  });

  it.each([
    ['of the service prometheus', 'prometheus', {}],
    ['of the image prom/prometheus', 'metrics', { config: { Image: 'prom/prometheus' } }],
    [
      'of the image under another registry, tag and digest',
      'metrics',
      { config: { Image: 'r.example:5000/x/prometheus:v3@sha256:ab' } },
    ],
  ])('is an address on the networks %s only', async (_, service, overrides) => {
    engine.state.images = { ...engine.state.images, ...imageOf(overrides) };
    seed();
    seedService(engine, service, { ...overrides, networks: { demo_monitoring: {} } });
    expect((await replicas())[0]?.addresses).toEqual([addressOn('demo_monitoring')]);
  });

  it('is never the old address of a dead worker that is now the living one on another network', async () => {
    seed();
    seedService(engine, 'prometheus', { networks: { demo_monitoring: {} } });
    const [worker] = await replicas();
    expect(worker?.addresses).not.toContain(addressOn('demo_data'));
  });

  it.each(['data', 'demo_data'])('is an address on SCRAPE_NETWORK=%s, whatever Prometheus is on', async (network) => {
    seed();
    seedService(engine, 'prometheus', { networks: { demo_monitoring: {} } });
    expect((await replicas(network))[0]?.addresses).toEqual([addressOn('demo_data')]);
  });

  it('is an address on any network when Prometheus is on the host', async () => {
    seed();
    seedService(engine, 'prometheus', { networks: { host: {} } });
    expect((await replicas())[0]?.addresses).toHaveLength(2);
  });

  it('is no address that two replicas have', async () => {
    const [first, second] = [seed(1), seed(2)];
    for (const { NetworkSettings } of [first, second])
      (NetworkSettings.Networks?.['demo_data'] as { IPAddress?: string }).IPAddress = '10.0.0.1';
    for (const { addresses } of await replicas()) expect(addresses).not.toContain('10.0.0.1');
  });

  it('is the name, the id in both lengths and an alias of its own; neither the name of the service nor what others are called', async () => {
    const first = seed(1);
    const second = seed(2);
    Object.assign(first.NetworkSettings.Networks?.['demo_data'] ?? {}, { Aliases: ['worker', 'workers', 'leader'] });
    Object.assign(second.NetworkSettings.Networks?.['demo_data'] ?? {}, { Aliases: ['worker', 'workers'] });
    first.Config.Hostname = 'one-for-all';
    second.Config.Hostname = 'one-for-all';
    const [{ names = [] } = {}] = await replicas();
    expect([...names].sort()).toEqual(['demo-worker-1', first.Id, first.Id.slice(0, 12), 'leader'].sort());
  });

  it('is its host name when no other replica has it', async () => {
    seed().Config.Hostname = 'settler';
    expect((await replicas())[0]?.names).toContain('settler');
  });
});

const imageOf = ({ config }: { config?: { Image: string } }): Record<string, string> =>
  config ? { [config.Image]: 'sha256:two' } : {};
