import { expect, test } from 'vitest';
import { eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack, noAlertFires } from '../src/calm.ts';
import { breakApi } from '../src/faults.ts';
import { eventsOf, printHealing } from '../src/healing-times.ts';
import { startTraffic } from '../src/traffic.ts';
import { watchStarts } from '../src/watch-starts.ts';

test('an API that answers every seventh request with an error is restarted once, and the errors end', async () => {
  const stack = await calmStack();
  const starts = watchStarts(stack.name);
  const traffic = startTraffic(stack);
  try {
    // Three times the alert's limit. The fault strikes probes as well: of every third, four in a row would fail often enough for another
    // alert, APIUnhealthy, to heal the API first.
    await breakApi(stack, { errorRate: 0.15 });
    const { id } = await eventuallyIncident(stack, 'APIErrorRateHigh', ({ outcome }) => outcome === 'healed', 180_000);
    await noAlertFires(stack);
    expect(starts.count('api')).toBe(1);

    const log = await readIncidentLog(stack);
    expect(eventsOf(log, 'acting').map(({ action }) => action)).toEqual([
      { type: 'restart', target: 'api', project: stack.name, service: 'api' },
    ]);
    printHealing('failing-api', log, id);
  } finally {
    await traffic.stop();
  }
});
