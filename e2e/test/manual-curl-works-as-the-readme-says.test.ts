import { expect, test } from 'vitest';
import { eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack } from '../src/calm.ts';
import { eventsOf } from '../src/healing-times.ts';
import { runCommand } from '../src/run-command.ts';

const payload = '{"alerts":[{"labels":{"alertname":"APIHighLatency","severity":"critical"}}]}';

test('the curl of the README restarts the API once, and its answer says what will happen', async () => {
  const stack = await calmStack();
  const [before] = await stack.replicas('api');
  const token = stack.description.env['ALERT_BOT_TOKEN'];
  const authorization = token ? ['-H', `Authorization: Bearer ${token}`] : [];
  const curl = [
    '-sS',
    '-XPOST',
    '-H',
    'Content-Type: application/json',
    ...authorization,
    '-d',
    payload,
    '-w',
    '\n%{http_code} %{time_total}',
  ];
  const printed = await runCommand('curl', [...curl, `${stack.alertBot}/alert`]);
  const [answer = '', summary = ''] = printed.split('\n');
  const [status, seconds] = summary.split(' ').map(Number);

  expect(status).toBe(202);
  // before any action is begun; the first alert after a start waits for a first look at the containers
  expect(seconds).toBeLessThan(0.5);
  expect(JSON.parse(answer)).toMatchObject({
    accepted: 1,
    results: [
      { alertname: 'APIHighLatency', decision: 'act', reason: 'matched', action: { type: 'restart', service: 'api' } },
    ],
  });

  const { id } = await eventuallyIncident(stack, 'APIHighLatency', ({ outcome }) => outcome !== null, 90_000);
  const [after] = await stack.replicas('api');
  expect(after?.health).toBe('healthy');
  expect(after?.startedAt).not.toBe(before?.startedAt);

  const log = await readIncidentLog(stack);
  expect(eventsOf(log, 'acted', id).map(({ ok }) => ok)).toEqual([true]);
  const types = log.filter(({ incident }) => incident === id).map(({ type }) => type);
  expect(types.filter((type) => type !== 'evidence').slice(0, 5)).toEqual([
    'received',
    'decided',
    'acting',
    'acted',
    'verified',
  ]);
});
