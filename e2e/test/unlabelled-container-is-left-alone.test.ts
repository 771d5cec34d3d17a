import { expect, test } from 'vitest';
import { askBot, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack } from '../src/calm.ts';
import { eventsOf } from '../src/healing-times.ts';

interface Accepted {
  results: { decision: string; reason: string }[];
}

const sendAlert = (stack: Parameters<typeof askBot>[0], labels: Record<string, string>) =>
  askBot<Accepted>(stack, '/alert', { method: 'POST', body: { alerts: [{ labels }] } });

test('a container without the label is left alone although a runbook names it, and the answer says why', async () => {
  const stack = await calmStack();
  const before = await stack.replicas();
  const { status, body } = await sendAlert(stack, { alertname: 'BystanderBroken', severity: 'critical' });
  expect(status).toBe(202);
  expect(body.results).toMatchObject([{ decision: 'skip', reason: 'not_opted_in' }]);

  // an alert without a runbook, about a service that must never be touched
  const unknown = await sendAlert(stack, { alertname: 'DatabaseDown', severity: 'critical', service: 'db' });
  expect(unknown.body.results).toMatchObject([{ decision: 'skip', reason: 'no_runbook' }]);

  const identity = ({ id, startedAt }: { id: string; startedAt: string }) => `${id} ${startedAt}`;
  const others = (replicas: typeof before) => replicas.filter(({ service }) => service !== 'migrate').map(identity);
  expect(others(await stack.replicas())).toEqual(others(before));
  const log = await readIncidentLog(stack);
  expect(eventsOf(log, 'acting')).toEqual([]);
  expect(eventsOf(log, 'decided').map(({ reason }) => reason)).toEqual(
    expect.arrayContaining(['not_opted_in', 'no_runbook']),
  );
});
