import { expect, test } from 'vitest';
import { eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack, noAlertFires } from '../src/calm.ts';
import { eventually } from '../src/eventually.ts';
import { eventsOf } from '../src/healing-times.ts';
import { queryValue } from '../src/prometheus.ts';
import { runCommand } from '../src/run-command.ts';
import { waitForHealth } from '../src/wait-for-health.ts';
import { watchStarts } from '../src/watch-starts.ts';

const stops: [string, (stack: Awaited<ReturnType<typeof calmStack>>) => Promise<unknown>][] = [
  ['docker compose stop', (stack) => stack.compose('stop', 'api')],
  ['docker stop', async (stack) => runCommand('docker', ['stop', (await stack.replicas('api'))[0]?.id ?? ''])],
];

test.each(stops)(
  'what a person stopped with %s is left alone, also by a bot that was restarted meanwhile',
  async (_name, stop) => {
    const stack = await calmStack();
    const starts = watchStarts(stack.name);
    await stop(stack);
    await eventuallyIncident(stack, 'APIDown', ({ reason }) => reason === 'held_by_person', 90_000);
    const decisions = 'sum(alertbot_decisions_total{reason="held_by_person"})';
    await eventually(async () => expect(await queryValue(stack, decisions)).toBeGreaterThan(0), { timeoutMs: 15_000 });

    await stack.compose('restart', 'alert-bot');
    await waitForHealth(stack, 'alert-bot');
    const restartedAt = Date.now();
    // it looks again each 15 s
    await eventually(() => expect(Date.now() - restartedAt).toBeGreaterThan(35_000), { timeoutMs: 60_000 });
    expect(starts.count('api')).toBe(0);
    expect((await stack.replicas('api'))[0]?.state).toBe('exited');
    await eventuallyIncident(stack, 'APIDown', ({ reason }) => reason === 'held_by_person', 5_000);

    await stack.compose('start', 'api');
    await waitForHealth(stack, 'api');
    await noAlertFires(stack);
    await eventuallyIncident(stack, 'APIDown', ({ phase }) => phase === 'closed', 30_000);
    expect(eventsOf(await readIncidentLog(stack), 'acting')).toEqual([]);
    expect(starts.count('api')).toBe(1);
  },
);

// Docker takes `docker kill` for a wish and does not start the container again
test.each([
  ['api', 'APIDown'],
  ['worker', 'WorkerDown'],
])('a %s that was killed with docker kill is healed', async (service, alertname) => {
  const stack = await calmStack();
  const starts = watchStarts(stack.name);
  await runCommand('docker', ['kill', (await stack.replicas(service))[0]?.id ?? '']);
  await eventuallyIncident(stack, alertname, ({ outcome }) => outcome === 'healed', 120_000);
  expect(starts.count(service)).toBe(1);
});
