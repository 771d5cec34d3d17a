import { expect, test } from 'vitest';
import { eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack, noAlertFires } from '../src/calm.ts';
import { eventually } from '../src/eventually.ts';
import { breakApi } from '../src/faults.ts';
import { eventsOf, printHealing } from '../src/healing-times.ts';
import { queryValue } from '../src/prometheus.ts';
import { startTraffic } from '../src/traffic.ts';
import { watchStarts } from '../src/watch-starts.ts';

test('an API that answers slowly is restarted once; it is fast again, the alert resolves, and the record says healed', async () => {
  const stack = await calmStack();
  const starts = watchStarts(stack.name);
  const [before] = await stack.replicas('api');
  const traffic = startTraffic(stack);
  try {
    await breakApi(stack, { latencyMs: 400 });
    const { id } = await eventuallyIncident(stack, 'APIHighLatency', ({ outcome }) => outcome === 'healed', 150_000);

    const [after] = await stack.replicas('api');
    expect(after?.id).toBe(before?.id);
    expect(after?.startedAt).not.toBe(before?.startedAt);
    await noAlertFires(stack);
    expect(starts.count('api')).toBe(1);
    await eventuallyIncident(stack, 'APIHighLatency', ({ status }) => status === 'resolved', 60_000);

    const log = await readIncidentLog(stack);
    expect(eventsOf(log, 'acting').map(({ action }) => action)).toEqual([
      { type: 'restart', target: 'api', project: stack.name, service: 'api' },
    ]);
    expect(eventsOf(log, 'verified').map(({ outcome, alert, target }) => ({ outcome, alert, target }))).toEqual([
      { outcome: 'healed', alert: 'gone', target: 'ok' },
    ]);
    await eventually(
      async () => {
        const healed = 'max(alertbot_actions_total{action="restart",service="api",outcome="healed"})';
        expect(await queryValue(stack, healed)).toBe(1);
      },
      { timeoutMs: 15_000 },
    );
    printHealing('slow-api', log, id);
  } finally {
    await traffic.stop();
  }
});
