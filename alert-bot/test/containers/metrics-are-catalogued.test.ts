import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { findTools, howToGetTools } from '../../../prometheus/src/find-tools.ts';
import { registerContainerMetrics } from '../../src/containers/container-metrics.ts';
import type { ContainerSample } from '../../src/containers/container-sample.ts';

const run = promisify(execFile);

const sample: ContainerSample = {
  ...{ id: 'a1', project: 'shop', service: 'web', replica: 'shop-web-1', state: 'running', health: 'healthy' },
  usage: { memoryWorkingSetBytes: 1, cpuSeconds: 1, restarts: 0 },
};

async function exposition(): Promise<string> {
  const registry = new Registry();
  registerContainerMetrics(registry, { current: () => [sample], isTroubled: () => false });
  return registry.metrics();
}

it('container_* are exactly those of the catalogue, with its types', async () => {
  const catalogue = readFileSync(resolve(import.meta.dirname, '../../../prometheus/metrics.md'), 'utf8');
  const listed = [...catalogue.matchAll(/^\| `(container_\w+)` *\| (\w+) /gm)].map(
    ([, name, type]) => `${name} ${type}`,
  );
  const exported = [...(await exposition()).matchAll(/^# TYPE (container_\w+) (\w+)$/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  );
  expect(exported.length).toBeGreaterThan(10);
  expect(exported.toSorted()).toEqual(listed.toSorted());
});

it('container_* pass promtool check metrics', async (test) => {
  const [promtool] = findTools('promtool');
  if (!promtool && !process.env['CI']) return test.skip(howToGetTools);
  const check = run(promtool ?? 'promtool', ['check', 'metrics']);
  check.child.stdin?.end(await exposition());
  const { stdout, stderr } = await check;
  expect(stdout + stderr).toBe('');
});
