import { expect, test } from 'vitest';
import { askBot, eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack } from '../src/calm.ts';
import { eventually } from '../src/eventually.ts';
import { eventsOf } from '../src/healing-times.ts';
import { queryValue } from '../src/prometheus.ts';

const alert = { labels: { alertname: 'APIHighLatency', severity: 'critical', service: 'api' } };

test('a paused bot does nothing and says so, also after a restart; resumed, it takes the next alert', async () => {
  const stack = await calmStack();
  const [before] = await stack.replicas('api');
  const pause = await askBot(stack, '/pause', { method: 'POST', body: { minutes: 30, reason: 'deploy', by: 'e2e' } });
  expect(pause.status).toBe(200);

  const send = () => askBot<{ results: unknown[] }>(stack, '/alert', { method: 'POST', body: { alerts: [alert] } });
  expect((await send()).body.results).toMatchObject([{ decision: 'skip', reason: 'paused' }]);
  await eventually(async () => expect(await queryValue(stack, 'max(alertbot_paused{job="alert-bot"})')).toBe(1), {
    timeoutMs: 15_000,
  });

  await stack.compose('restart', 'alert-bot');
  await eventually(async () => expect((await askBot(stack, '/status')).body).toMatchObject({ paused: { by: 'e2e' } }), {
    timeoutMs: 30_000,
  });
  expect((await stack.replicas('api'))[0]).toEqual(before);
  expect(eventsOf(await readIncidentLog(stack), 'acting')).toEqual([]);

  expect((await askBot(stack, '/pause', { method: 'DELETE' })).status).toBe(204);
  await send();
  await eventuallyIncident(stack, 'APIHighLatency', ({ outcome }) => outcome !== null, 90_000);
  expect((await stack.replicas('api'))[0]?.startedAt).not.toBe(before?.startedAt);
});
