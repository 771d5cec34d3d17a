import { expect, test } from 'vitest';
import { eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack } from '../src/calm.ts';
import { eventually } from '../src/eventually.ts';
import { healApi } from '../src/faults.ts';
import { eventsOf } from '../src/healing-times.ts';
import { keepApiSlow } from '../src/keep-api-slow.ts';
import { endSilence, silence } from '../src/silences.ts';
import { startTraffic } from '../src/traffic.ts';
import { watchStarts } from '../src/watch-starts.ts';

test('an alert that is silenced while it waits for its next attempt is left alone, and acted on when the silence ends', async () => {
  const stack = await calmStack();
  const starts = watchStarts(stack.name);
  const traffic = startTraffic(stack, { mayBeSent: keepApiSlow(stack) });
  let silenced: string | undefined;
  try {
    await eventuallyIncident(stack, 'APIHighLatency', ({ outcome }) => outcome === 'ineffective', 180_000);
    silenced = await silence(stack, 'APIHighLatency', 600);
    const silencedAt = Date.now();
    await eventuallyIncident(stack, 'APIHighLatency', ({ reason }) => reason === 'suppressed', 60_000);

    // three times as long as the rest between two attempts: without the silence there would be a second one by now
    await eventually(() => expect(Date.now() - silencedAt).toBeGreaterThan(30_000), { timeoutMs: 60_000 });
    expect(starts.count('api')).toBe(1);
    await eventuallyIncident(
      stack,
      'APIHighLatency',
      ({ reason, escalated }) => reason === 'suppressed' && !escalated,
      5_000,
    );

    await endSilence(stack, silenced);
    const endedAt = Date.now();
    await eventually(() => expect(starts.count('api')).toBe(2), { timeoutMs: 90_000 });
    const [first, second] = eventsOf(await readIncidentLog(stack), 'acting').map(({ at }) => Date.parse(at));
    expect(first).toBeLessThan(silencedAt);
    expect(second).toBeGreaterThan(endedAt);
  } finally {
    if (silenced !== undefined) await endSilence(stack, silenced);
    await traffic.stop();
    await healApi(stack);
  }
}, 420_000);
