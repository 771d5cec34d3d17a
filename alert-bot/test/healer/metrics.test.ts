import { describe, expect, it } from 'vitest';
import { createBot } from '../support/bot.ts';
import { alertOf, backlog, slow, start } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;

describe('what is counted of an action', () => {
  it('that it is done, at once; what it led to, when that is known', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    await bot.deliver(slow());
    await bot.clock.advance(5 * second);
    expect(bot.metrics['restart api repair done']).toBe(1);
    expect(bot.metrics['restart api repair healed']).toBeUndefined();
    bot.alerts['APIHighLatency'] = 'gone';
    await bot.clock.advance(20 * second);
    expect(bot.metrics).toMatchObject({ 'restart api repair done': 1, 'restart api repair healed': 1 });
    await bot.healer.stop();
  });

  it('that the runtime could not do it', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    bot.runtime.faults.push('fails');
    await bot.deliver(slow());
    await bot.clock.advance(5 * second);
    expect(bot.metrics).toMatchObject({ 'restart api repair not done': 1, 'restart api repair failed': 1 });
    expect(bot.metrics['restart api repair done']).toBeUndefined();
    await bot.healer.stop();
  });

  it('a scaling back is no repair, and heals nothing', async () => {
    const bot = await createBot({ alerts: { WorkerBacklogHigh: 'firing' } });
    await bot.deliver(backlog());
    await bot.clock.advance(30 * second);
    bot.alerts['WorkerBacklogHigh'] = 'gone';
    await bot.clock.advance(3 * minute);
    expect(bot.runtime.actions).toEqual(['scale worker 3', 'scale worker 1']);
    expect(bot.metrics).toMatchObject({
      ...{ 'scale worker repair done': 1, 'scale worker repair healed': 1 },
      ...{ 'scale worker on_resolved done': 1, 'scale worker on_resolved healed': 1 },
      healed: 1,
    });
    await bot.healer.stop();
  });
});

describe('how long an action takes', () => {
  it('is the time of the action itself, not the time since the alert came in', async () => {
    const bot = await createBot({ alerts: { WorkerBacklogHigh: 'firing' } });
    await bot.deliver(backlog());
    await bot.clock.advance(2 * minute);
    bot.alerts['WorkerBacklogHigh'] = 'gone';
    await bot.clock.advance(5 * minute);
    expect(bot.metrics['acted']).toBe(2);
    expect(bot.metrics['acted seconds']).toBeLessThan(2);
    await bot.healer.stop();
  });

  it('is not known of an action that a crash of the bot cut in two', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    bot.runtime.faults.push('hangs');
    await bot.deliver(slow());
    await bot.clock.advance(2 * second);
    const again = await bot.restarted({ timing: { settleMs: second } });
    await again.clock.advance(10 * second);
    expect(again.metrics).toMatchObject({ 'restart api repair done': 1 });
    expect(again.metrics['acted']).toBeUndefined();
    await again.healer.stop();
  });
});

describe('how long detecting takes', () => {
  it('is timed once for an alert', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    await bot.deliver(slow());
    await bot.deliver(slow());
    expect(bot.metrics['detected']).toBe(1);
    await bot.healer.stop();
  });

  it('is not told by the Watchdog, which fires since Prometheus was started', async () => {
    const bot = await createBot();
    await bot.deliver(alertOf({ alertname: 'Watchdog', severity: 'none' }, { startsAt: start - 60 * minute }));
    expect(bot.metrics).toMatchObject({ 'received firing': 1, 'decided watchdog': 1 });
    expect(bot.metrics['detected']).toBeUndefined();
    await bot.healer.stop();
  });
});
