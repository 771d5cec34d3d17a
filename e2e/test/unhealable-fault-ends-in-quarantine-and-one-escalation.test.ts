import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { askBot, eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack } from '../src/calm.ts';
import { breakApi, healApi } from '../src/faults.ts';
import { eventsOf } from '../src/healing-times.ts';
import { requestJson } from '../src/http-json.ts';
import type { Stack } from '../src/stack.ts';
import { startTraffic } from '../src/traffic.ts';
import { watchStarts } from '../src/watch-starts.ts';

/** A cause outside the process: whenever the API comes back it is slow again. Setting a fault anew would end the waits of the old one. */
function keepBreaking(stack: Stack): () => Promise<void> {
  const controller = new AbortController();
  const loop = async () => {
    while (!controller.signal.aborted) {
      const found = await requestJson<{ active: { latencyMs?: number } }>(`${stack.api}/faults`).catch(() => undefined);
      if (found && !found.body.active.latencyMs) await breakApi(stack, { latencyMs: 400 }).catch(() => {});
      await sleep(200, undefined, { signal: controller.signal }).catch(() => {});
    }
  };
  const running = loop();
  return async () => {
    controller.abort();
    await running;
    await healApi(stack);
  };
}

test('a fault that no restart cures costs three attempts, then the service is left alone and a person is called once', async () => {
  const stack = await calmStack();
  const starts = watchStarts(stack.name);
  const traffic = startTraffic(stack);
  const stopBreaking = keepBreaking(stack);
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
    await stopBreaking();
    await traffic.stop();
  }
}, 500_000);
