import { expect, test } from 'vitest';
import { askBot, eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack } from '../src/calm.ts';
import { breakApi, healApi } from '../src/faults.ts';
import { eventsOf } from '../src/healing-times.ts';
import { requestJson } from '../src/http-json.ts';
import type { Stack } from '../src/stack.ts';
import { startTraffic } from '../src/traffic.ts';
import { watchStarts } from '../src/watch-starts.ts';

/**
 * A cause outside the process: whenever the API comes back it is slow again, before it gets its first request. A few fast ones in between
 * would be a repair that helped, if only for a moment. Setting a fault anew would end the waits of the old one, so it is done once.
 */
function keepBroken(stack: Stack): () => Promise<boolean> {
  let looking: Promise<boolean> | undefined;
  const look = async () => {
    const { body } = await requestJson<{ active: { latencyMs?: number } }>(`${stack.api}/faults`, { timeoutMs: 1_000 });
    if (!body.active.latencyMs) await breakApi(stack, { latencyMs: 400 });
    return true;
  };
  return () => {
    looking ??= look()
      .catch(() => false)
      .finally(() => {
        looking = undefined;
      });
    return looking;
  };
}

test('a fault that no restart cures costs three attempts, then the service is left alone and a person is called once', async () => {
  const stack = await calmStack();
  const starts = watchStarts(stack.name);
  const traffic = startTraffic(stack, { mayBeSent: keepBroken(stack) });
  try {
    await eventuallyIncident(stack, 'APIHighLatency', ({ escalated }) => escalated, 400_000);
    // further deliveries of the same alert come every ten seconds; none of them leads to anything
    await eventuallyIncident(stack, 'APIHighLatency', ({ reason }) => reason === 'quarantined', 30_000);
    expect((await askBot(stack, '/status')).body).toMatchObject({ quarantined: [{ service: 'api' }] });

    const log = await readIncidentLog(stack);
    expect(eventsOf(log, 'verified').map(({ outcome }) => outcome)).toEqual([
      'ineffective',
      'ineffective',
      'ineffective',
    ]);
    expect(eventsOf(log, 'quarantined')).toHaveLength(1);
    expect(eventsOf(log, 'escalated').map(({ why }) => why)).toEqual(['quarantined']);
    expect(starts.count('api')).toBe(3);
  } finally {
    await traffic.stop();
    await healApi(stack);
  }
}, 500_000);
