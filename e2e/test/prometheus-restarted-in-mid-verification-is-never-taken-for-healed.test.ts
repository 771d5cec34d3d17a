import { expect, test } from 'vitest';
import { eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack } from '../src/calm.ts';
import { healApi } from '../src/faults.ts';
import { eventsOf } from '../src/healing-times.ts';
import { keepApiSlow } from '../src/keep-api-slow.ts';
import { startTraffic } from '../src/traffic.ts';
import { waitForHealth } from '../src/wait-for-health.ts';

test('a Prometheus that is restarted while a repair is verified shows no alert for a while, and nothing counts as healed for that', async () => {
  const stack = await calmStack();
  const traffic = startTraffic(stack, { mayBeSent: keepApiSlow(stack) });
  try {
    await eventuallyIncident(stack, 'APIHighLatency', ({ phase }) => phase === 'verifying', 120_000, 100);
    // blind again and again, until the time for verifying is over
    for (let verified = 0; verified === 0; ) {
      await stack.compose('restart', '--timeout', '2', 'prometheus');
      await waitForHealth(stack, 'prometheus');
      verified = eventsOf(await readIncidentLog(stack), 'verified').length;
    }
    // and once more for the next attempt, with a Prometheus that may see again
    await eventuallyIncident(stack, 'APIHighLatency', ({ attempts }) => attempts >= 2, 180_000);
    await eventuallyIncident(
      stack,
      'APIHighLatency',
      ({ phase }) => phase !== 'acting' && phase !== 'verifying',
      150_000,
    );

    const outcomes = eventsOf(await readIncidentLog(stack), 'verified').map(({ outcome }) => outcome);
    expect(outcomes.length).toBeGreaterThanOrEqual(2);
    expect(outcomes).not.toContain('healed');
  } finally {
    await traffic.stop();
    await healApi(stack);
  }
}, 480_000);
