import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { expect, it } from 'vitest';
import type { IncidentEvent } from '../../src/incidents/event.ts';
import { openIncidentLog } from '../../src/incidents/incident-log.ts';
import { type Channel, DeliveryError, type Message, TryLater } from '../../src/notify/channel.ts';
import { type Bot, type BotOptions, createBot } from '../support/bot.ts';
import { createDisk, type Disk } from '../support/memory-log.ts';
import { tempDir } from '../support/temp-dir.ts';
import { alertOf, slow } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** A channel that a test switches off and on; it keeps what was told and when each try was. */
function createFakeChannel(name: Channel['name'] = 'slack') {
  const fake = {
    told: [] as Message[],
    tries: 0,
    /** What the next deliveries do instead of arriving. */
    trouble: undefined as undefined | ((message: Message, signal: AbortSignal) => Promise<void>),
    channel: {
      name,
      deliver: async (message: Message, signal: AbortSignal) => {
        fake.tries += 1;
        if (fake.trouble) await fake.trouble(message, signal);
        fake.told.push(message);
      },
    } satisfies Channel,
  };
  return fake;
}

const away = async () => {
  throw new Error('connect ECONNREFUSED');
};

/** Hours pass in these tests: a look each ten seconds is enough. */
const timing = { tickMs: 10_000 };

const createCalledBot = async (options: BotOptions = {}) => {
  const slack = createFakeChannel();
  const bot = await createBot({ channels: [slack.channel], alerts: { APIHighLatency: 'firing' }, timing, ...options });
  return { bot, slack };
};

/** Three repairs that do not help: one escalation. */
async function quarantine(bot: Bot, ...alerts: ReturnType<typeof slow>[]): Promise<void> {
  await bot.deliver(...(alerts.length > 0 ? alerts : [slow()]));
  await bot.clock.advance(20 * minute);
  expect(bot.disk.events.filter(({ type }) => type === 'quarantined')).toHaveLength(1);
}

const notified = (bot: Bot) =>
  bot.disk.events.filter((event): event is Extract<IncidentEvent, { type: 'notified' }> => event.type === 'notified');

it('an escalation is told once, and the log says that it was', async () => {
  const { bot, slack } = await createCalledBot();
  await quarantine(bot);
  expect(slack.told.map(({ subject }) => subject)).toEqual(['[APIHighLatency] api needs a person']);
  const escalated = bot.disk.events.find(({ type }) => type === 'escalated');
  expect(escalated).toMatchObject({ tell: ['slack'] });
  expect(notified(bot)).toMatchObject([{ of: escalated?.seq, channel: 'slack', result: 'delivered' }]);
  await bot.clock.advance(2 * hour);
  expect(slack.tries).toBe(1);
});

it('a request for approval is told the same way, with the commands that answer it', async () => {
  const { bot, slack } = await createCalledBot({ alerts: { Asked: 'firing' } });
  await bot.deliver(alertOf({ alertname: 'Asked' }));
  await bot.clock.advance(second);
  expect(slack.told).toHaveLength(1);
  expect(slack.told[0]?.subject).toBe('[Asked] a repair of api waits for approval');
  expect(slack.told[0]?.body).toMatch(/curl -XPOST http:\/\/localhost:5001\/incidents\/[\w-]+\/approve/);
  expect(slack.told[0]?.body).toMatch(/http:\/\/localhost:5001\/ui\/incidents\/[\w-]+$/m);
  expect(notified(bot)).toHaveLength(1);
});

it('a channel that is away for an hour is told what happened as soon as it is back', async () => {
  const { bot, slack } = await createCalledBot();
  slack.trouble = away;
  await quarantine(bot);
  await bot.clock.advance(hour);
  expect(slack.told).toEqual([]);
  expect(slack.tries).toBeGreaterThan(8);
  expect(slack.tries).toBeLessThan(40);
  expect(bot.healer.stats().notifications).toMatchObject([
    { channel: 'slack', waiting: 1, lastError: 'connect ECONNREFUSED' },
  ]);
  slack.trouble = undefined;
  await bot.clock.advance(10 * minute);
  expect(slack.told).toHaveLength(1);
  expect(slack.told[0]?.body).toContain('could not be delivered before');
  expect(bot.healer.stats().notifications).toEqual([{ channel: 'slack', waiting: 0, oldestAt: null, lastError: null }]);
});

it('what a killed bot had not told is told by the next one, once', async () => {
  const { bot, slack } = await createCalledBot();
  slack.trouble = away;
  await quarantine(bot);
  const told = [];
  for (let life = 1; life <= 3; life += 1) {
    const { channel, told: now } = createFakeChannel();
    const next = await createBot({ ...bot, timing, channels: [channel] });
    await next.clock.advance(minute);
    told.push(now.length);
  }
  expect(told).toEqual([1, 0, 0]);
});

it('a revoked webhook is tried each hour, not each second, and heard when it works again', async () => {
  const { bot, slack } = await createCalledBot();
  slack.trouble = async () => {
    throw new DeliveryError('Slack answered 404: no_service');
  };
  await quarantine(bot);
  await bot.clock.advance(10 * hour);
  expect(slack.tries).toBeGreaterThanOrEqual(10);
  expect(slack.tries).toBeLessThanOrEqual(12);
  slack.trouble = undefined;
  await bot.clock.advance(hour + minute);
  expect(slack.told).toHaveLength(1);
});

it('one message that a channel refuses does not hold up the others', async () => {
  const { bot, slack } = await createCalledBot({ alerts: {} });
  slack.trouble = async ({ subject }) => {
    if (!subject.startsWith('[Asked]') || subject.includes('incidents')) throw new DeliveryError('too long');
  };
  const alerts = Array.from({ length: 12 }, (_, n) => alertOf({ alertname: 'Asked', n: String(n) }));
  for (const { labels } of alerts) bot.alerts[labels['alertname'] as string] = 'firing';
  await bot.deliver(...alerts);
  await bot.clock.advance(hour);
  expect(slack.told).toHaveLength(12);
});

it('the time that a busy server names is waited', async () => {
  const { bot, slack } = await createCalledBot();
  slack.trouble = async () => {
    throw new TryLater('Slack answered 429', 30 * minute);
  };
  await quarantine(bot);
  const before = slack.tries;
  await bot.clock.advance(10 * minute);
  expect(slack.tries).toBe(before);
  slack.trouble = undefined;
  await bot.clock.advance(25 * minute);
  expect(slack.told).toHaveLength(1);
});

it('a channel that hangs, and hears no signal, keeps neither a repair nor the other channel waiting', async () => {
  const slack = createFakeChannel();
  const email = createFakeChannel('email');
  slack.trouble = () => new Promise(() => undefined);
  const bot = await createBot({ channels: [slack.channel, email.channel], alerts: { APIHighLatency: 'firing' } });
  await quarantine(bot);
  expect(bot.runtime.actions).toHaveLength(3);
  expect(email.told).toHaveLength(1);
  expect(slack.tries).toBeGreaterThan(1);
  expect(notified(bot).map(({ channel }) => channel)).toEqual(['email']);
});

it('a message that was told is not told again because the log could not take the note', async () => {
  const { bot, slack } = await createCalledBot();
  slack.trouble = async () => {
    bot.disk.full = true;
  };
  await quarantine(bot);
  expect(slack.told).toHaveLength(1);
  await bot.clock.advance(minute);
  expect([slack.told.length, notified(bot).length]).toEqual([1, 0]);
  slack.trouble = undefined;
  bot.disk.full = false;
  await bot.clock.advance(minute);
  expect([slack.told.length, notified(bot).length]).toEqual([1, 1]);
});

it('what could not be told for seven days is given up, with a line in the log', async () => {
  const { bot, slack } = await createCalledBot();
  slack.trouble = away;
  await quarantine(bot);
  bot.alerts['APIHighLatency'] = 'gone';
  await bot.clock.advance(minute);
  bot.clock.jump(7 * 24 * hour);
  await bot.clock.advance(20 * minute);
  expect(notified(bot)).toMatchObject([{ result: 'expired', detail: 'connect ECONNREFUSED' }]);
  expect(bot.metrics['slack expired']).toBe(1);
});

it('without a channel nothing waits, and a channel that comes later hears nothing old', async () => {
  const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
  await quarantine(bot);
  const slack = createFakeChannel();
  const next = await createBot({ disk: bot.disk, clock: bot.clock, runtime: bot.runtime, channels: [slack.channel] });
  await next.clock.advance(minute);
  expect(slack.told).toEqual([]);
});

it('after an outage many messages come as few, and each incident is named once', async () => {
  const { bot, slack } = await createCalledBot({ alerts: { Asked: 'firing' } });
  slack.trouble = away;
  await bot.deliver(...Array.from({ length: 70 }, (_, n) => alertOf({ alertname: 'Asked', n: String(n) })));
  await bot.clock.advance(10 * minute);
  slack.trouble = undefined;
  await bot.clock.advance(11 * minute);
  expect(slack.told.length).toBeLessThanOrEqual(4);
  const told = slack.told.flatMap(({ body }) =>
    [...body.matchAll(/^- .*\/ui\/incidents\/([\w-]+)$/gm)].map(([, id]) => id),
  );
  const asked = bot.disk.events.filter((event) => event.type === 'decided').map(({ incident }) => incident);
  expect(told.sort()).toEqual([...new Set(asked)].sort());
  expect(told).toHaveLength(70);
});

it('of 10,000 messages that wait the newest are kept, and what was dropped is counted', async () => {
  const { bot, slack } = await createCalledBot({ alerts: { Asked: 'firing' } });
  slack.trouble = away;
  await bot.deliver(...Array.from({ length: 10_000 }, (_, n) => alertOf({ alertname: 'Asked', n: String(n) })));
  const [{ waiting } = { waiting: 0 }] = bot.healer.stats().notifications;
  expect(waiting).toBe(2_000);
  await bot.clock.advance(second);
  expect(bot.metrics['slack dropped']).toBe(8_000);
  slack.trouble = undefined;
  await bot.clock.advance(30 * second);
  expect(bot.healer.stats().notifications).toMatchObject([{ waiting: 0 }]);
});

it('a stop waits for the message under way, but not for a channel that hangs', async () => {
  const { bot, slack } = await createCalledBot();
  let arrive = () => undefined as unknown;
  slack.trouble = () => new Promise<void>((resolve) => (arrive = resolve));
  await bot.deliver(slow());
  while (slack.tries === 0) await bot.clock.advance(5 * second);
  const stopped = bot.healer.stop();
  arrive();
  await stopped;
  expect([slack.told.length, notified(bot).length]).toEqual([1, 1]);
});

it('what waits survives the rotation of the log and a start that reads it back unparsed', async () => {
  const path = join(await tempDir(), 'incident_log.jsonl');
  const open: Disk['open'] = (memory) => openIncidentLog({ path, memory, maxBytes: 65_536, now: Date.now });
  const told: Message[] = [];
  for (const life of ['away', 'back', 'over']) {
    const slack = createFakeChannel();
    if (life === 'away') slack.trouble = away;
    const bot = await createBot({
      channels: [slack.channel],
      alerts: { Asked: 'firing', Other: 'firing' },
      disk: { ...createDisk(), open },
    });
    await bot.deliver(alertOf({ alertname: 'Asked' }), alertOf({ alertname: 'Asked', n: '2' }));
    for (let n = 0; life === 'away' && n < 20; n += 1)
      await bot.deliver(...Array.from({ length: 20 }, (_, i) => alertOf({ alertname: 'Other', n: `${n} ${i}` })));
    await bot.clock.advance(minute);
    await eventually(() =>
      expect(bot.healer.stats().notifications).toMatchObject([{ waiting: life === 'away' ? 2 : 0 }]),
    );
    await bot.healer.stop();
    told.push(...slack.told);
  }
  expect((await readdir(dirname(path))).filter((name) => name.startsWith('incident_log')).length).toBeGreaterThan(1);
  expect(told.map(({ subject }) => subject)).toEqual(Array(2).fill('[Asked] a repair of api waits for approval'));
});
