import { createFakeClock } from '@stack/test-kit/fake-clock';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { parseRunbooks } from '../../src/runbooks/load-runbooks.ts';
import { type Bot, createBot } from '../support/bot.ts';
import { createFakeRuntime } from '../support/fake-runtime.ts';
import { alertOf, replica, serviceOf } from '../support/world.ts';

const services = ['a', 'b', 'c', 'd', 'closed', 'guarded'] as const;
const policy = parseRunbooks(
  `version: 1
defaults: { budget: { actions: 6, within: 1h } }
runbooks:
${services.map((name) => `  - { name: ${name}, match: { alertname: "=~Down|Slow", service: ${name} }, action: { restart: ${name} } }`).join('\n')}
  - { name: a-busy, match: { alertname: Busy, service: a }, action: { scale: a, to: 3, max: 3 }, onResolved: { to: 1 } }
`,
  'runbooks.yml',
);
const start = Date.parse('2026-01-01T00:00:00Z');

/** A bot over six services, one of which did not opt in and one of which is protected; records overlaps. */
async function createWatchedBot() {
  const clock = createFakeClock(start);
  const runtime = createFakeRuntime(clock);
  runtime.actionMs = 500;
  for (const name of services)
    runtime.world.services.set(
      name,
      serviceOf([replica(name, 1)], { optedIn: name !== 'closed', protected: name === 'guarded' }),
    );
  const bot = await createBot({ clock, runtime, policy, alerts: { Down: 'firing', Slow: 'firing', Busy: 'firing' } });
  const overlaps: string[] = [];
  const busy = new Set<string>();
  for (const verb of ['restart', 'scale'] as const) {
    const original = runtime[verb] as (target: { service: string }, ...rest: unknown[]) => Promise<never>;
    runtime[verb] = (async (target: { service: string }, ...rest: unknown[]) => {
      if (busy.has(target.service)) overlaps.push(target.service);
      busy.add(target.service);
      return original(target, ...rest).finally(() => busy.delete(target.service));
    }) as never;
  }
  return { bot, overlaps };
}

const alert = fc.record({
  alertname: fc.constantFrom('Down', 'Slow', 'Busy', 'Other'),
  service: fc.constantFrom(...services),
  path: fc.constantFrom('/1', '/2'),
});
const firing: fc.Arbitrary<Alert> = alert.map((labels) => alertOf(labels, { startsAt: start - 1_000 }));
const any: fc.Arbitrary<Alert> = fc
  .tuple(firing, fc.boolean(), fc.integer({ min: 0, max: 3 }))
  .map(([one, resolved, episode]) => ({
    ...one,
    startsAt: start - 1_000 * episode,
    ...(resolved ? { status: 'resolved' as const, endsAt: start } : {}),
  }));

type Step =
  | { deliver: Alert[] }
  | { advance: number }
  | { jump: number }
  | { say: 'firing' | 'gone' | 'unknown' }
  | { down: boolean }
  | { fault: 'unhealthy' | 'fails' | 'lost_after' | 'lost_before' };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.array(any, { minLength: 1, maxLength: 6 }).map((deliver) => ({ deliver })) },
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 600_000 }).map((advance) => ({ advance })) },
  { weight: 1, arbitrary: fc.integer({ min: -7_200_000, max: 60_000 }).map((jump) => ({ jump })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('firing' as const, 'gone' as const, 'unknown' as const).map((say) => ({ say })),
  },
  { weight: 1, arbitrary: fc.boolean().map((down) => ({ down })) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('unhealthy' as const, 'fails' as const, 'lost_after' as const, 'lost_before' as const)
      .map((fault) => ({ fault })),
  },
);

async function play(bot: Bot, played: Step): Promise<void> {
  if ('deliver' in played) {
    const answer = bot.deliver(...played.deliver);
    await bot.clock.advance(60);
    await answer;
  }
  if ('advance' in played) await bot.clock.advance(played.advance);
  if ('jump' in played) bot.clock.jump(played.jump);
  if ('say' in played) for (const name of ['Down', 'Slow', 'Busy']) bot.alerts[name] = played.say;
  if ('down' in played) bot.runtime.down = played.down;
  if ('fault' in played) bot.runtime.faults.push(played.fault);
}

it('whatever comes in, whatever breaks: one action at a time per target, none on what is not opted in, none past the budget', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
      const { bot, overlaps } = await createWatchedBot();
      for (const one of steps) await play(bot, one);
      await bot.clock.advance(20_000);
      expect(overlaps).toEqual([]);
      expect(bot.runtime.actions.filter((action) => /closed|guarded/.test(action))).toEqual([]);
      expectWithinBudget(bot);
      expectOnlyOnResolved(bot);
      await bot.healer.stop();
    }),
    { numRuns: 60 },
  );
}, 60_000);

/** Counted over the bot's own clock where that ran forward. */
function expectWithinBudget(bot: Bot): void {
  const times = bot.disk.events.filter(({ type }) => type === 'acting').map(({ at }) => Date.parse(at));
  for (const time of times) {
    const within = times.filter((other) => other >= time && other < time + 3_600_000);
    expect(within.length).toBeLessThanOrEqual(6);
  }
}

/** An alert that is over leads to nothing but undoing what the bot had scaled. */
function expectOnlyOnResolved(bot: Bot): void {
  const over = new Set<string>();
  for (const event of bot.disk.events) {
    if (event.type === 'resolved') over.add(event.incident);
    if (event.type === 'received' && event.alert.status === 'firing') over.delete(event.incident);
    if (event.type === 'received' && event.alert.status === 'resolved') over.add(event.incident);
    if (event.type === 'decided' && event.decision === 'act' && over.has(event.incident))
      expect(event.reason).toBe('on_resolved');
  }
}

it('the order and the repetition of deliveries change nothing about what is done', async () => {
  const world = fc.uniqueArray(firing, { minLength: 1, maxLength: 8, selector: ({ fingerprint }) => fingerprint });
  const sequences = world.chain((alerts) =>
    fc.tuple(
      fc.constant(alerts.filter(({ labels }) => labels['alertname'] !== 'Busy')),
      fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
    ),
  );
  await fc.assert(
    fc.asyncProperty(sequences, async ([alerts, shuffle]) => {
      const actionsOf = async (deliveries: Alert[][]) => {
        const { bot } = await createWatchedBot();
        for (const delivery of deliveries) await play(bot, { deliver: delivery });
        await bot.clock.advance(30_000);
        await bot.healer.stop();
        return [...bot.runtime.actions].sort();
      };
      const shuffled = [...alerts, ...alerts, ...alerts]
        .map((one, i) => ({ one, key: (shuffle[i % 20] ?? 0) + i * 7_919 }))
        .sort((a, b) => (a.key % 101) - (b.key % 101))
        .map(({ one }) => [one]);
      expect(await actionsOf(shuffled)).toEqual(await actionsOf([alerts]));
    }),
    { numRuns: 40 },
  );
}, 60_000);

it('a bot that is killed at any moment comes back with the same memory', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const { bot } = await createWatchedBot();
      for (const one of steps) await play(bot, one);
      const before = bot.healer.incidents({ limit: 500 });
      const again = await bot.restarted();
      expect(again.healer.incidents({ limit: 500 })).toEqual(before);
      const stopped = Promise.all([bot.healer.stop(), again.healer.stop()]);
      await bot.clock.advance(1_000);
      await stopped;
    }),
    { numRuns: 40 },
  );
}, 60_000);
