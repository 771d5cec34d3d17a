import { createFakeClock, type FakeClock } from '@stack/test-kit/fake-clock';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import type { WatchedAction, WatchedContainer, WatchItem } from '../../src/runtime/watch.ts';
import { createWatchQueue } from '../../src/runtime/watch-queue.ts';
import { engineAlert } from '../../src/sources/engine-alerts.ts';
import { createEngineSource, type EngineSource, type RememberedAlert } from '../../src/sources/engine-source.ts';

const start = Date.parse('2026-01-01T00:00:00Z');

function watched(name: string, more: Partial<WatchedContainer> = {}): WatchedContainer {
  return {
    ...{ id: `${name}-id`, name, project: 'shop', service: name, optedIn: true },
    ...{ state: 'up', health: 'healthy', restartCount: 0, ...more },
  };
}

describe('the engine as a source of alerts', () => {
  let clock: FakeClock;
  let queue: ReturnType<typeof createWatchQueue>;
  let source: EngineSource;
  /** `firing ContainerUnhealthy api`, delivery by delivery. */
  let told: string[][];
  let delivered: Alert[];
  let isRefusing: boolean;
  let remembered: RememberedAlert[];

  beforeEach(() => {
    clock = createFakeClock(start);
    queue = createWatchQueue(() => ({ type: 'list', containers: [] }));
    [told, delivered, remembered, isRefusing] = [[], [], [], false];
    source = createEngineSource({
      runtime: { watch: (signal) => queue.items(signal) },
      deliver: async ({ alerts }) => {
        if (isRefusing) throw new Error('no room');
        delivered.push(...alerts);
        told.push(alerts.map(({ status, labels }) => `${status} ${labels['alertname']} ${labels['container']}`));
      },
      remembered: () => remembered,
      clock,
      logger: pino({ level: 'silent' }),
      timing: { gatherMs: 0, holdMs: 30_000 },
    });
    source.start();
  });
  afterEach(() => source.stop());

  const all = () => told.flat();
  /** What was told is dealt with. */
  const settle = async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await clock.advance(0);
  };
  const list = async (...containers: WatchedContainer[]) => {
    queue.push({ type: 'list', containers });
    await settle();
  };
  type Extra = Partial<Extract<WatchItem, { type: 'event' }>>;
  const event = (action: WatchedAction, container: WatchedContainer, more: Extra = {}) =>
    queue.push({ type: 'event', action, container, at: clock.now(), ...more });
  const unhealthy = watched('api', { health: 'unhealthy', unhealthySince: start });
  const down = watched('api', { state: 'down', health: 'none' });

  it('tells that a container is unhealthy, since when, and that it is healthy again', async () => {
    await list(watched('api'));
    event('unhealthy', unhealthy);
    await settle();
    await clock.advance(5_000);
    event('healthy', watched('api'));
    await settle();
    expect(all()).toEqual(['firing ContainerUnhealthy api', 'resolved ContainerUnhealthy api']);
    expect(delivered.map(({ startsAt }) => startsAt)).toEqual([start, start]);
    expect(delivered[0]?.fingerprint).toBe(delivered[1]?.fingerprint);
  });

  it.each<[string, () => void]>([
    ['is removed', () => event('destroy', down)],
    [
      'is stopped by a person',
      () => {
        event('kill', unhealthy, { signal: '15' });
        event('die', down);
        event('stop', down);
      },
    ],
  ])('an alert is over when the container %s', async (_name, happen) => {
    await list(unhealthy);
    happen();
    await settle();
    expect(all()).toEqual(['firing ContainerUnhealthy api', 'resolved ContainerUnhealthy api']);
  });

  it('an alert goes on while the container is down or starting, until it is healthy', async () => {
    await list(unhealthy);
    event('die', down, { exitCode: 1 });
    event('start', watched('api', { health: 'starting' }));
    await settle();
    await clock.advance(60_000);
    expect(all()).toEqual(['firing ContainerUnhealthy api']);
  });

  it('an alert goes on when the bot has stopped the container and its start failed', async () => {
    await list(unhealthy);
    event('kill', unhealthy, { signal: '15', own: true });
    event('stop', unhealthy);
    event('die', down, { exitCode: 143 });
    await settle();
    await clock.advance(60_000);
    expect(all()).toEqual(['firing ContainerUnhealthy api']);
  });

  it('an alert is over when a person stops the container after the bot has restarted it', async () => {
    await list(unhealthy);
    event('kill', unhealthy, { signal: '15', own: true });
    event('die', down, { exitCode: 143 });
    event('start', watched('api', { health: 'starting' }));
    event('kill', unhealthy, { signal: '15' });
    event('die', down, { exitCode: 143 });
    await settle();
    expect(all()).toEqual(['firing ContainerUnhealthy api', 'resolved ContainerUnhealthy api']);
  });

  it('alerts that end with time end in time also when the clock of the engine is an hour ahead', async () => {
    await list(watched('api'), watched('web'));
    const ahead = () => ({ at: clock.now() + 3_600_000 });
    for (let n = 0; n < 3; n += 1) {
      event('die', down, { exitCode: 1, ...ahead() });
      event('start', watched('api'), ahead());
    }
    event('oom', watched('web'), ahead());
    await settle();
    expect(all()).toEqual(['firing ContainerCrashLooping api', 'firing ContainerOOMKilled web']);
    await clock.advance(660_000);
    expect(all().slice(2)).toEqual(['resolved ContainerCrashLooping api', 'resolved ContainerOOMKilled web']);
  });

  it('a list that shows what was told already tells nothing again', async () => {
    await list(unhealthy);
    await list(unhealthy);
    event('unhealthy', { ...unhealthy, unhealthySince: start + 1_000 });
    await settle();
    expect(all()).toEqual(['firing ContainerUnhealthy api']);
  });

  it('tells nothing of a container that has not opted in', async () => {
    await list({ ...unhealthy, optedIn: false });
    expect(all()).toEqual([]);
  });

  it('health that flaps faster than the hold time is two alerts, however long it goes on', async () => {
    await list(watched('api'));
    for (let n = 0; n < 100; n += 1) {
      event('unhealthy', { ...unhealthy, unhealthySince: clock.now() });
      await settle();
      await clock.advance(1_000);
      event('healthy', watched('api'));
      await settle();
      await clock.advance(1_000);
    }
    expect(all().filter((word) => word.startsWith('firing'))).toHaveLength(2);
    await clock.advance(31_000);
    expect(all().filter((word) => word.startsWith('resolved'))).toHaveLength(2);
  });

  it('five hundred containers that turn unhealthy at once are told together', async () => {
    const containers = Array.from({ length: 500 }, (_, n) => watched(`c${n}`));
    await list(...containers);
    for (const one of containers) event('unhealthy', { ...one, health: 'unhealthy', unhealthySince: start });
    await settle();
    expect(told.map(({ length }) => length)).toEqual([500]);
  });

  it('what could not be taken is told again, once', async () => {
    isRefusing = true;
    await list(unhealthy);
    await clock.advance(3_000);
    isRefusing = false;
    await clock.advance(3_000);
    expect(all()).toEqual(['firing ContainerUnhealthy api']);
  });

  it('what fired before a restart of the bot is not told again, and its end is told', async () => {
    const alertOf = (name: string) =>
      engineAlert('ContainerUnhealthy', watched(name), { startsAt: start, summary: '' });
    remembered = [alertOf('api'), alertOf('web'), alertOf('gone')];
    await list(unhealthy, watched('web'));
    expect(all().sort()).toEqual(['resolved ContainerUnhealthy gone', 'resolved ContainerUnhealthy web']);
  });

  it('a renamed container keeps one alert, under its new name', async () => {
    await list(unhealthy);
    event('rename', { ...unhealthy, name: 'old-api' });
    await settle();
    expect(all()).toEqual([
      'firing ContainerUnhealthy api',
      'resolved ContainerUnhealthy api',
      'firing ContainerUnhealthy old-api',
    ]);
  });

  describe('a crash loop', () => {
    const crash = async () => {
      event('die', down, { exitCode: 7 });
      event('start', watched('api'));
      await settle();
      await clock.advance(10_000);
    };

    it('is told once, from the third end within ten minutes on, and is over when it has run as long', async () => {
      await list(watched('api'));
      for (let n = 0; n < 6; n += 1) await crash();
      expect(all()).toEqual(['firing ContainerCrashLooping api']);
      expect(delivered[0]?.annotations['summary']).toContain(
        'ended 3 times within 10 minutes, the last time with code 7',
      );
      await clock.advance(600_000);
      expect(all()).toEqual(['firing ContainerCrashLooping api', 'resolved ContainerCrashLooping api']);
    });

    it('is seen from the number of restarts where no event told of them', async () => {
      await list(watched('api'));
      await list(watched('api', { restartCount: 4 }));
      expect(all()).toEqual(['firing ContainerCrashLooping api']);
    });

    it.each<[string, () => void]>([
      [
        'docker restart',
        () => {
          event('kill', watched('api'), { signal: '15' });
          event('stop', watched('api'));
          event('die', down);
        },
      ],
      [
        'docker restart, as older engines tell it',
        () => {
          event('kill', watched('api'), { signal: '15' });
          event('die', down);
          event('stop', down);
        },
      ],
      [
        'a stop by a signal of its own',
        () => {
          event('kill', watched('api'), { signal: '28' });
          event('die', down);
          event('stop', down);
        },
      ],
      [
        'docker kill',
        () => {
          event('kill', watched('api'), { signal: '9' });
          event('die', down);
        },
      ],
    ])('is not what a person does again and again: %s', async (_name, end) => {
      await list(watched('api'));
      for (let n = 0; n < 6; n += 1) {
        end();
        event('start', watched('api'));
        await settle();
      }
      expect(all()).toEqual([]);
    });

    it('is over when a person stops the container', async () => {
      await list(watched('api'));
      for (let n = 0; n < 3; n += 1) await crash();
      event('kill', watched('api'), { signal: '15' });
      event('stop', watched('api'));
      event('die', down);
      await settle();
      expect(all().at(-1)).toBe('resolved ContainerCrashLooping api');
    });
  });

  it('a kill for want of memory is told once, and is over ten minutes after the last one', async () => {
    await list(watched('api'));
    event('oom', watched('api'));
    event('die', down, { exitCode: 137 });
    event('start', watched('api'));
    await settle();
    await clock.advance(300_000);
    event('oom', watched('api'));
    await clock.advance(599_000);
    expect(all()).toEqual(['firing ContainerOOMKilled api']);
    await clock.advance(2_000);
    expect(all()).toEqual(['firing ContainerOOMKilled api', 'resolved ContainerOOMKilled api']);
  });

  describe('asked whether an alert still holds', () => {
    const alert = engineAlert('ContainerUnhealthy', unhealthy, { startsAt: start, summary: '' });

    it.each<[string, WatchedContainer[], object]>([
      ['firing while it is unhealthy', [unhealthy], { state: 'firing' }],
      ['gone when it is healthy', [watched('api')], { state: 'gone', detail: 'the engine says that api is healthy' }],
      ['pending while it starts', [watched('api', { health: 'starting' })], { state: 'pending' }],
      ['gone when it is not there any more', [], { state: 'gone' }],
    ])('says %s', async (_name, containers, report) => {
      await list(unhealthy);
      await list(...containers);
      expect(source.look(alert)).toMatchObject(report);
    });

    it('says unknown while the engine is not heard', async () => {
      await list(unhealthy);
      queue.push({ type: 'lost', reason: 'connect ENOENT' });
      await settle();
      expect(source.look(alert)).toMatchObject({ state: 'unknown', detail: 'the container engine: connect ENOENT' });
      expect(source.status()).toEqual({ source: 'engine', up: false, error: 'connect ENOENT' });
    });

    it('says nothing of alerts that are not its own', async () => {
      await list(unhealthy);
      const foreign = { fingerprint: '1234567890abcdef', labels: { alertname: 'ContainerUnhealthy', service: 'api' } };
      expect([source.look(foreign), source.owns(foreign), source.owns(alert)]).toEqual([undefined, false, true]);
    });
  });
});
