import { expect, test } from 'vitest';
import { eventuallyIncident, readIncidentLog } from '../src/alert-bot.ts';
import { calmStack, noAlertFires } from '../src/calm.ts';
import { eventsOf, printHealing } from '../src/healing-times.ts';
import { requestJson } from '../src/http-json.ts';
import { watchStarts } from '../src/watch-starts.ts';

test('an API that was killed, and that Docker therefore leaves dead, is brought back', async () => {
  const stack = await calmStack();
  const starts = watchStarts(stack.name);
  await stack.compose('kill', 'api');
  expect((await stack.replicas('api'))[0]?.state).toBe('exited');

  const { id } = await eventuallyIncident(stack, 'APIDown', ({ outcome }) => outcome === 'healed', 120_000);
  expect((await requestJson(`${stack.api}/health`)).status).toBe(200);
  await noAlertFires(stack);
  expect(starts.count('api')).toBe(1);

  const log = await readIncidentLog(stack);
  expect(eventsOf(log, 'acting').map(({ action }) => action)).toEqual([
    { type: 'restart', target: 'api', project: stack.name, service: 'api' },
  ]);
  printHealing('dead-api', log, id);
});
