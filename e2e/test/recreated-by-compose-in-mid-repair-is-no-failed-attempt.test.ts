import { expect, test } from 'vitest';
import { eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack, noAlertFires } from '../src/calm.ts';
import { eventually } from '../src/eventually.ts';
import { breakApi } from '../src/faults.ts';
import { eventsOf } from '../src/healing-times.ts';
import { startTraffic } from '../src/traffic.ts';
import { waitForHealth } from '../src/wait-for-health.ts';
import { watchStarts } from '../src/watch-starts.ts';

test('a service that compose recreates while the bot repairs it is not restarted twice, and that is no failed attempt', async () => {
  const stack = await calmStack();
  const starts = watchStarts(stack.name);
  const [before] = await stack.replicas('api');
  const traffic = startTraffic(stack);
  try {
    await breakApi(stack, { latencyMs: 400 });
    // Restarted by the bot and not healthy yet. A moment earlier it is compose that fails: it cannot remove what the engine is starting.
    await eventually(() => expect(starts.count('api')).toBe(1), { timeoutMs: 120_000, intervalMs: 20 });
    await stack.compose('up', '-d', '--no-deps', '--force-recreate', 'api');
    await waitForHealth(stack, 'api');
    const [after] = await stack.replicas('api');
    expect(after?.id).not.toBe(before?.id);

    await eventuallyIncident(stack, 'APIHighLatency', ({ phase }) => phase === 'closed', 120_000);
    await noAlertFires(stack);
    expect(starts.count(after?.id ?? '')).toBe(1);
    expect(starts.count(before?.id ?? '')).toBeLessThanOrEqual(1);
    const log = await readIncidentLog(stack);
    expect(eventsOf(log, 'acting')).toHaveLength(1);
    const outcomes = eventsOf(log, 'verified').map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome !== 'healed')).toEqual([]);
    expect(eventsOf(log, 'escalated')).toEqual([]);
  } finally {
    await traffic.stop();
  }
});
