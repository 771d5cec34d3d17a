import { expect, test } from 'vitest';
import { askBot, eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack } from '../src/calm.ts';
import { eventsOf } from '../src/healing-times.ts';
import { runCommand } from '../src/run-command.ts';
import { watchStarts } from '../src/watch-starts.ts';

test('a bot that is killed in the middle of a repair comes back, finishes it and repeats nothing', async () => {
  const stack = await calmStack();
  const starts = watchStarts(stack.name);
  const [bot] = await stack.replicas('alert-bot');
  const [{ State }] = JSON.parse(await runCommand('docker', ['inspect', bot?.id ?? ''])) as [
    { State: { Pid: number } },
  ];

  const alert = { labels: { alertname: 'APIHighLatency', severity: 'critical', service: 'api' } };
  const send = () => askBot<{ results: object[] }>(stack, '/alert', { method: 'POST', body: { alerts: [alert] } });
  expect((await send()).body.results).toMatchObject([{ decision: 'act' }]);
  await eventuallyIncident(stack, 'APIHighLatency', ({ phase }) => phase === 'acting', 10_000, 50);
  // as a crash would: nothing in the process runs any more, and Docker starts it again by the restart policy
  process.kill(State.Pid, 'SIGKILL');

  await eventuallyIncident(stack, 'APIHighLatency', ({ outcome }) => outcome !== null, 120_000);
  expect(starts.count('api')).toBe(1);
  const log = await readIncidentLog(stack);
  expect(eventsOf(log, 'started').map(({ unfinished }) => unfinished)).toEqual([0, 1]);
  expect(eventsOf(log, 'recovered')).toHaveLength(1);
  expect(eventsOf(log, 'verified')).toHaveLength(1);
});
