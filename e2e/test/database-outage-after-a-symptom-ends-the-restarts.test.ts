import { expect, test } from 'vitest';
import { eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack, noAlertFires } from '../src/calm.ts';
import { eventually } from '../src/eventually.ts';
import { healApi } from '../src/faults.ts';
import { eventsOf } from '../src/healing-times.ts';
import { keepApiSlow } from '../src/keep-api-slow.ts';
import { firingAlerts } from '../src/prometheus.ts';
import { startTraffic } from '../src/traffic.ts';
import { waitForHealth } from '../src/wait-for-health.ts';
import { watchStarts } from '../src/watch-starts.ts';

test('an outage of the database that begins after its symptom was acted on: the symptom is inhibited, and the API is restarted no more', async () => {
  const stack = await calmStack();
  const starts = watchStarts(stack.name);
  const traffic = startTraffic(stack, { mayBeSent: keepApiSlow(stack) });
  try {
    await eventuallyIncident(stack, 'APIHighLatency', ({ phase }) => phase === 'verifying', 120_000, 100);
    await stack.compose('kill', 'db');
    await eventually(async () => expect(await firingAlerts(stack)).toContain('DatabaseDown'), { timeoutMs: 60_000 });
    const outageAt = Date.now();
    await eventuallyIncident(stack, 'APIHighLatency', ({ reason }) => reason === 'suppressed', 120_000);
    // longer than the longest rest between two attempts
    await eventually(() => expect(Date.now() - outageAt).toBeGreaterThan(90_000), { timeoutMs: 120_000 });
    expect(starts.count('api')).toBe(1);
    expect(eventsOf(await readIncidentLog(stack), 'acting')).toHaveLength(1);
    expect(starts.count('worker')).toBe(0);
  } finally {
    await traffic.stop();
    await stack.compose('start', 'db');
    await waitForHealth(stack, 'db');
    await healApi(stack);
  }
  await waitForHealth(stack);
  await noAlertFires(stack, 180_000);
}, 480_000);
