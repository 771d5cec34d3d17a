import { expect, test } from 'vitest';
import { askBot, eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack } from '../src/calm.ts';
import { healApi } from '../src/faults.ts';
import { eventsOf } from '../src/healing-times.ts';
import { keepApiSlow } from '../src/keep-api-slow.ts';
import { startTraffic } from '../src/traffic.ts';
import { watchStarts } from '../src/watch-starts.ts';

test('a fault that no restart cures costs three attempts, then the service is left alone and a person is called once', async () => {
  const stack = await calmStack();
  const starts = watchStarts(stack.name);
  const traffic = startTraffic(stack, { mayBeSent: keepApiSlow(stack) });
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
