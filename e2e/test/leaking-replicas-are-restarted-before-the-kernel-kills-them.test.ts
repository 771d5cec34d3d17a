import { expect, test } from 'vitest';
import { eventuallyIncident, incidentsOf, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack, noAlertFires } from '../src/calm.ts';
import { eventually } from '../src/eventually.ts';
import { breakApi, breakWorker } from '../src/faults.ts';
import { eventsOf, printHealing } from '../src/healing-times.ts';
import { query } from '../src/prometheus.ts';
import type { Stack } from '../src/stack.ts';
import { waitForHealth } from '../src/wait-for-health.ts';
import { watchStarts } from '../src/watch-starts.ts';

/** Of each container of the service, by its name. */
async function valuesOf(stack: Stack, metric: string, service: string): Promise<Map<string, number>> {
  const samples = await query(stack, `${metric}{service="${service}"}`);
  return new Map(samples.map(({ labels, value }) => [labels['replica'] ?? '', value]));
}

const shareOfLimit = (stack: Stack, service: string) =>
  valuesOf(stack, 'container_memory_working_set_bytes', service).then(async (used) => {
    const limits = await valuesOf(stack, 'container_spec_memory_limit_bytes', service);
    return new Map([...used].map(([replica, bytes]) => [replica, bytes / (limits.get(replica) ?? Number.NaN)]));
  });

test('an API whose memory grows until the kernel kills it is restarted before that; its memory is back, and it never died', async () => {
  const stack = await calmStack();
  const starts = watchStarts(stack.name);
  const [before] = await stack.replicas('api');
  // nothing but the kernel ends it
  await breakApi(stack, { memoryLeakMbPerSecond: 2, memoryLeakUpTo: 1 });
  const { id } = await eventuallyIncident(
    stack,
    'ContainerMemoryNearLimit',
    ({ outcome }) => outcome === 'healed',
    360_000,
  );

  const [after] = await stack.replicas('api');
  expect(after?.id).toBe(before?.id);
  expect(after?.startedAt).not.toBe(before?.startedAt);
  expect(starts.count('api')).toBe(1);
  expect([...(await valuesOf(stack, 'container_oom_events_total', 'api')).values()]).toEqual([0]);
  expect([...(await valuesOf(stack, 'container_restarts_total', 'api')).values()]).toEqual([0]);
  await eventually(async () => expect(Math.max(...(await shareOfLimit(stack, 'api')).values())).toBeLessThan(0.5), {
    timeoutMs: 15_000,
  });
  await noAlertFires(stack);
  const log = await readIncidentLog(stack);
  expect(eventsOf(log, 'acting').map(({ action }) => action)).toMatchObject([{ type: 'restart', replica: before?.id }]);
  printHealing('leaking-api', log, id);
});

test('of two worker replicas the one whose memory grows is restarted, and the other one is not touched', async () => {
  const stack = await calmStack();
  await stack.compose('up', '-d', '--no-deps', '--scale', 'worker=2', 'worker');
  await waitForHealth(stack, 'worker');
  try {
    const [calm, leaking] = await stack.replicas('worker');
    await breakWorker(leaking?.addresses['monitoring'] ?? '', { memoryLeakMbPerSecond: 2 });
    await eventuallyIncident(stack, 'ContainerMemoryNearLimit', ({ outcome }) => outcome === 'healed', 240_000);

    const [calmAfter, leakingAfter] = await stack.replicas('worker');
    expect(leakingAfter?.id).toBe(leaking?.id);
    expect(leakingAfter?.startedAt).not.toBe(leaking?.startedAt);
    expect(calmAfter).toEqual(calm);
    expect(await incidentsOf(stack, 'ContainerMemoryNearLimit')).toHaveLength(1);
  } finally {
    await stack.compose('up', '-d', '--no-deps', '--scale', 'worker=1', 'worker');
  }
});
