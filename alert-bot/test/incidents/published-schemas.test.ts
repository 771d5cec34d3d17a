import { expect, it } from 'vitest';
import { incidentEvent } from '../../src/incidents/event.ts';
import { createBot } from '../support/bot.ts';
import { committedSchema, type PublishedSchema, publishedSchemas, renderSchema } from '../support/published-schemas.ts';
import { alertOf, backlog, slow } from '../support/world.ts';

it.each(Object.keys(publishedSchemas) as PublishedSchema[])(
  '%s is what the code says; `npm run schemas -w @stack/alert-bot` writes it',
  (name) => {
    expect(committedSchema(name)).toBe(renderSchema(name));
  },
);

it('every event that the bot writes is one of the schema', async () => {
  const bot = await createBot({ alerts: { APIHighLatency: 'firing', Asked: 'firing', WorkerBacklogHigh: 'gone' } });
  const [, , asked] = await bot.results(slow(), backlog(), alertOf({ alertname: 'Asked' }));
  await bot.healer.pause({ minutes: 1, by: 'ops', reason: 'deploy' });
  await bot.healer.resume({ by: 'ops' });
  await bot.clock.advance(90 * 60_000);
  await bot.healer.release('api', { by: 'ops' });
  const known = asked?.incident ? bot.disk.events.find(({ type }) => type === 'rejected') : undefined;
  expect(known).toBeDefined();
  for (const event of bot.disk.events)
    expect(incidentEvent.safeParse(event), JSON.stringify(event)).toMatchObject({ success: true });
  await bot.healer.stop();
});
