import { expect, test } from 'vitest';
import type { IncidentSummary } from '../../alert-bot/src/healer/healer.ts';
import { eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack } from '../src/calm.ts';
import { breakWorker } from '../src/faults.ts';
import { eventsOf, printHealing } from '../src/healing-times.ts';
import { waitForHealth } from '../src/wait-for-health.ts';

test('of two worker replicas the one that stalls is restarted, and the other one is not touched', async () => {
  const stack = await calmStack();
  await stack.compose('up', '-d', '--no-deps', '--scale', 'worker=2', 'worker');
  await waitForHealth(stack, 'worker');
  try {
    const [calm, stalled] = await stack.replicas('worker');
    const brokenAt = Date.now();
    await breakWorker(stalled?.addresses['monitoring'] ?? '', { stall: true });
    // a stalled worker is unhealthy too: the first of the two alerts has it repaired
    const alerts = ['WorkerStalled', 'ContainerUnhealthy'];
    const isHealed = ({ outcome, receivedAt }: IncidentSummary) =>
      outcome === 'healed' && Date.parse(receivedAt) > brokenAt;
    const { id } = await eventuallyIncident(stack, alerts, isHealed, 180_000);

    const [calmAfter, stalledAfter] = await stack.replicas('worker');
    expect(stalledAfter?.id).toBe(stalled?.id);
    expect(stalledAfter?.startedAt).not.toBe(stalled?.startedAt);
    expect(calmAfter).toEqual(calm);

    const log = await readIncidentLog(stack);
    expect(eventsOf(log, 'acting').map(({ action }) => action)).toEqual([
      { type: 'restart', target: 'worker', project: stack.name, service: 'worker', replica: stalled?.id },
    ]);
    printHealing('stalled-worker', log, id);
  } finally {
    await stack.compose('up', '-d', '--no-deps', '--scale', 'worker=1', 'worker');
  }
});
