import { expect, test } from 'vitest';
import { connectToStack } from '../src/stack.ts';
import { complaint } from '../src/wait-for-health.ts';

const stack = connectToStack();

test('every container is healthy within a minute of the images being there', async () => {
  console.log(`healthy after ${(stack.description.healthyAfterMs / 1_000).toFixed(1)} s`);
  expect(stack.description.healthyAfterMs).toBeLessThan(60_000);
  expect((await stack.replicas()).filter(complaint)).toEqual([]);
});

test('all services are there, and each has a health check that passes', async () => {
  const wanted = [
    'alert-bot',
    'alertmanager',
    'api',
    'blackbox-exporter',
    'db',
    'node-exporter',
    'postgres-exporter',
    'prometheus',
    'worker',
  ];
  const healthy = (await stack.replicas()).filter(({ health }) => health === 'healthy').map(({ service }) => service);
  expect(healthy).toEqual(expect.arrayContaining(wanted));
});

test('docker compose up again changes nothing', async () => {
  const before = (await stack.replicas()).filter(({ service }) => service !== 'migrate');
  await stack.compose('up', '-d');
  const after = (await stack.replicas()).filter(({ service }) => service !== 'migrate');
  const identity = ({ id, startedAt }: { id: string; startedAt: string }) => `${id} ${startedAt}`;
  expect(after.map(identity)).toEqual(before.map(identity));
});
