import { expect, test } from 'vitest';
import { askBot, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack, noAlertFires } from '../src/calm.ts';
import { eventually } from '../src/eventually.ts';
import { eventsOf } from '../src/healing-times.ts';
import { requestJson } from '../src/http-json.ts';
import { firingAlerts, queryValue } from '../src/prometheus.ts';
import type { Stack } from '../src/stack.ts';
import { waitForHealth } from '../src/wait-for-health.ts';
import { watchStarts } from '../src/watch-starts.ts';

/** Creates transactions as fast as they are answered, and remembers the ids of those that were accepted. */
function createTransactions(stack: Stack) {
  const accepted: string[] = [];
  let running = true;
  const loop = async () => {
    while (running) {
      const body = { accountId: 'e2e-outage', amount: '1.00', currency: 'EUR' };
      const answer = await requestJson<{ id: string }>(`${stack.api}/transactions`, { method: 'POST', body }).catch(
        () => undefined,
      );
      if (answer?.status === 201) accepted.push(answer.body.id);
    }
  };
  const done = loop();
  return {
    accepted,
    stop: async () => {
      running = false;
      await done;
    },
  };
}

test('while the database is dead the bot restarts nothing because of it and still listens; afterwards no accepted transaction is missing', async () => {
  const stack = await calmStack();
  const starts = watchStarts(stack.name);
  const transactions = createTransactions(stack);
  try {
    await eventually(() => transactions.accepted.length > 50, { timeoutMs: 20_000 });
    await stack.compose('kill', 'db');
    await eventually(async () => expect(await firingAlerts(stack)).toContain('DatabaseDown'), { timeoutMs: 60_000 });

    expect((await askBot(stack, '/health')).status).toBe(200);
    const alert = { labels: { alertname: 'BystanderBroken', severity: 'critical' } };
    const { status } = await askBot(stack, '/alert', { method: 'POST', body: { alerts: [alert] } });
    expect(status).toBe(202);
    expect(await queryValue(stack, 'max(alertbot_runtime_up{job="alert-bot"})')).toBe(1);

    const acceptedBefore = transactions.accepted.length;
    await stack.compose('start', 'db');
    await waitForHealth(stack);
    await eventually(() => transactions.accepted.length > acceptedBefore + 20, { timeoutMs: 30_000 });
  } finally {
    await transactions.stop();
  }
  await noAlertFires(stack, 180_000);
  expect(eventsOf(await readIncidentLog(stack), 'acting')).toEqual([]);
  expect(starts.count('api')).toBe(0);
  expect(starts.count('worker')).toBe(0);

  const missing = [];
  for (const id of transactions.accepted) {
    const { status } = await requestJson(`${stack.api}/transactions/${id}`);
    if (status !== 200) missing.push(id);
  }
  expect(missing).toEqual([]);
  console.log(`${transactions.accepted.length} accepted transactions, none missing`);
});
