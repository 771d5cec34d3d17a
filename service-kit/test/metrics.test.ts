import { expect, it } from 'vitest';
import { createMetrics } from '../src/metrics.ts';

const create = () => createMetrics({ prefix: 'api', collectors: ['api_depth'], defaultMetrics: false });

it('every label combination exists at zero from the start', async () => {
  const metrics = create();
  metrics.counter('api_jobs_total', 'Jobs.', { loop: ['a', 'b'], result: ['ok', 'error'] });
  const text = await metrics.registry.metrics();
  for (const loop of ['a', 'b'])
    for (const result of ['ok', 'error']) expect(text).toContain(`api_jobs_total{loop="${loop}",result="${result}"} 0`);
});

it('a histogram with labels exists at zero too', async () => {
  const metrics = create();
  metrics.histogram('api_batch_seconds', 'Batch.', [1, 2], { loop: ['a'] });
  expect(await metrics.registry.metrics()).toContain('api_batch_seconds_bucket{le="+Inf",loop="a"} 0');
});

it.each([
  [
    'throws',
    () => {
      throw new Error('database is gone');
    },
  ],
  ['rejects', () => Promise.reject(new Error('database is gone'))],
  ['hangs', () => new Promise<number>(() => undefined)],
])('a collector that %s is left out and counted, and the rest of the scrape is whole', async (_name, collect) => {
  const metrics = create();
  metrics.counter('api_jobs_total', 'Jobs.').inc(3);
  metrics.collectedGauge({ name: 'api_depth', help: 'Depth.', collect, timeoutMs: 10 });
  await metrics.registry.metrics();
  const text = await metrics.registry.metrics();
  expect(text).toContain('api_jobs_total 3');
  expect(text).not.toMatch(/^api_depth \d/m);
  expect(text).toMatch(/api_collector_errors_total\{collector="api_depth"\} [12]/);
});

it('a collector that recovers is back in the next scrape', async () => {
  const metrics = create();
  let gone = true;
  const collect = () => {
    if (gone) throw new Error('gone');
    return 7;
  };
  metrics.collectedGauge({ name: 'api_depth', help: 'Depth.', collect });
  expect(await metrics.registry.metrics()).not.toMatch(/^api_depth /m);
  gone = false;
  expect(await metrics.registry.metrics()).toMatch(/^api_depth 7$/m);
});

it('a labelled collector sets one sample for each value', async () => {
  const metrics = create();
  metrics.collectedGauge({ name: 'api_depth', help: 'Depth.', label: 'state', collect: () => ({ idle: 1, total: 2 }) });
  const text = await metrics.registry.metrics();
  expect(text).toContain('api_depth{state="idle"} 1');
  expect(text).toContain('api_depth{state="total"} 2');
});

it('two services in one process do not share a registry', async () => {
  create().counter('api_jobs_total', 'Jobs.').inc();
  expect(await create().registry.metrics()).not.toContain('api_jobs_total');
});

it('default metrics go to the own registry', async () => {
  const metrics = createMetrics({ prefix: 'api' });
  expect(await metrics.registry.metrics()).toContain('process_resident_memory_bytes');
});
