import { expect, test } from 'vitest';
import { eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack } from '../src/calm.ts';
import { eventually } from '../src/eventually.ts';
import { breakApi } from '../src/faults.ts';
import { eventsOf, printHealing } from '../src/healing-times.ts';
import { query } from '../src/prometheus.ts';

test('a backlog scales the worker from one to three and back, Prometheus scrapes all three, and the compose CLI owns them', async () => {
  const stack = await calmStack();
  const [first] = await stack.replicas('worker');
  await breakApi(stack, { burst: 12_000 });

  await eventually(
    async () => {
      const replicas = await stack.replicas('worker');
      expect(replicas.map(({ health }) => health)).toEqual(['healthy', 'healthy', 'healthy']);
    },
    { timeoutMs: 90_000 },
  );
  const scraped = async () =>
    (await query(stack, 'up{job="worker"} == 1')).map(({ labels }) => labels['instance']).sort();
  const running = await stack.replicas('worker');
  await eventually(
    async () => {
      const addresses = running.map(({ addresses: { monitoring } }) => `${monitoring}:8001`).sort();
      expect(await scraped()).toEqual(addresses);
    },
    { timeoutMs: 20_000 },
  );

  // the compose CLI takes the bot's replicas for its own: it lists them, and asking for three recreates none
  const listed = (await stack.compose('ps', '-q', 'worker')).split('\n').filter(Boolean);
  expect(listed.sort()).toEqual(running.map(({ id }) => id).sort());
  await stack.compose('up', '-d', '--no-deps', '--scale', 'worker=3', 'worker');
  const identity = ({ id, startedAt }: { id: string; startedAt: string }) => `${id} ${startedAt}`;
  expect((await stack.replicas('worker')).map(identity)).toEqual(running.map(identity));

  const { id } = await eventuallyIncident(stack, 'WorkerBacklogHigh', ({ outcome }) => outcome === 'healed', 150_000);
  await eventually(async () => expect((await stack.replicas('worker')).map((each) => each.id)).toEqual([first?.id]), {
    timeoutMs: 90_000,
  });
  await eventually(async () => expect(await scraped()).toEqual([`${first?.addresses['monitoring']}:8001`]), {
    timeoutMs: 30_000,
  });

  const log = await readIncidentLog(stack);
  const actions = eventsOf(log, 'acting').map(({ purpose, action }) => ({ purpose, action }));
  const worker = { type: 'scale', target: 'worker', project: stack.name, service: 'worker' };
  expect(actions).toEqual([
    { purpose: 'repair', action: { ...worker, from: 1, to: 3 } },
    { purpose: 'on_resolved', action: { ...worker, from: 3, to: 1 } },
  ]);
  printHealing('worker-backlog', log, id);
});
