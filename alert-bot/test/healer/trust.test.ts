import { describe, expect, it } from 'vitest';
import { parseRunbooks } from '../../src/runbooks/load-runbooks.ts';
import type { Replica } from '../../src/runtime/runtime.ts';
import { noAlertSource } from '../../src/verify/alert-source.ts';
import { type Bot, createBot } from '../support/bot.ts';
import { alertOf, backlog, replica, runbooksText, serviceOf, slow, stalled, start } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const runbooks = (text: string) => parseRunbooks(text, 'runbooks.yml');
const set = (bot: Bot, service: string, ...replicas: Replica[]) =>
  bot.runtime.world.services.set(service, serviceOf(replicas));
const firing = () => createBot({ alerts: { APIHighLatency: 'firing', WorkerBacklogHigh: 'firing' } });

describe('an alert that Alertmanager suppresses', () => {
  const silence = { suppressed: { by: 'silence' as const, until: start + 20 * minute } };

  it('while it waits for its next try is not acted on, and is looked at again when the silence ends', async () => {
    const bot = await firing();
    await bot.deliver(slow());
    await bot.clock.advance(3 * minute + 10 * second);
    bot.reports.set('APIHighLatency', silence);
    await bot.clock.advance(16 * minute);
    expect(bot.runtime.actions).toEqual(['restart api']);
    expect(bot.story().at(-1)).toBe('decided:suppressed');
    bot.reports.delete('APIHighLatency');
    await bot.clock.advance(2 * minute);
    expect(bot.runtime.actions).toEqual(['restart api', 'restart api']);
    await bot.healer.stop();
  });

  it('between the decision and the action is not acted on', async () => {
    const bot = await firing();
    bot.reports.set('APIHighLatency', { suppressed: { by: 'inhibition' } });
    expect(await bot.deliver(slow())).toEqual(['matched']);
    await bot.clock.advance(5 * minute);
    expect(bot.runtime.actions).toEqual([]);
    expect(await bot.deliver(slow())).toEqual(['suppressed']);
    expect(bot.story().filter((word) => word === 'decided:suppressed')).toHaveLength(1);
    await bot.healer.stop();
  });

  it('is not retried while Alertmanager does not say whether it is suppressed, and a person hears of it', async () => {
    const bot = await firing();
    await bot.deliver(slow());
    await bot.clock.advance(3 * minute + 10 * second);
    bot.reports.set('APIHighLatency', { suppressed: 'unknown' });
    await bot.clock.advance(30 * minute);
    expect(bot.runtime.actions).toEqual(['restart api']);
    expect(bot.calls).toMatchObject([{ kind: 'escalated', text: expect.stringContaining('unconfirmed') }]);
    await bot.healer.stop();
  });
});

describe('an incident is not called healed', () => {
  it('by one good look: the alert must stay away for the hold time', async () => {
    const bot = await firing();
    await bot.deliver(slow());
    await bot.clock.advance(5 * second);
    bot.alerts['APIHighLatency'] = 'gone';
    await bot.clock.advance(10 * second);
    bot.alerts['APIHighLatency'] = 'firing';
    await bot.clock.advance(10 * second);
    bot.alerts['APIHighLatency'] = 'gone';
    await bot.clock.advance(14 * second);
    expect(bot.story()).not.toContain('verified:healed');
    await bot.clock.advance(6 * second);
    expect(bot.story()).toContain('verified:healed');
    await bot.healer.stop();
  });

  it('sooner because the clock was set forward', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'gone' } });
    await bot.deliver(slow());
    await bot.clock.advance(4 * second);
    bot.clock.jump(60 * second);
    await bot.clock.advance(9 * second);
    expect(bot.story()).not.toContain('verified:healed');
    await bot.clock.advance(6 * second);
    expect(bot.story()).toContain('verified:healed');
    await bot.healer.stop();
  });

  it('by two looks at one evaluation of its rule', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'gone' } });
    bot.reports.set('APIHighLatency', { evaluatedAt: start + second });
    await bot.deliver(slow());
    await bot.clock.advance(6 * minute);
    expect(bot.story()).toContain('verified:unknown');
    expect(bot.story()).not.toContain('verified:healed');
    await bot.healer.stop();
  });

  it('while deliveries say that it fires', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'gone' } });
    await bot.deliver(slow());
    for (let i = 0; i < 24; i += 1) {
      await bot.clock.advance(10 * second);
      await bot.deliver(slow());
    }
    expect(bot.story()).not.toContain('verified:healed');
    expect(bot.story()).toContain('verified:ineffective');
    await bot.healer.stop();
  });

  it('by a container that lives for three seconds', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'gone' } });
    await bot.deliver(slow());
    await bot.clock.advance(3 * second);
    set(bot, 'api', replica('api', 1, { state: 'exited', health: 'none', startedAt: new Date(start).toISOString() }));
    await bot.clock.advance(4 * minute);
    expect(bot.story()).not.toContain('verified:healed');
    await bot.healer.stop();
  });
});

describe('a relapse', () => {
  it('within the time of the runbook turns the success into a failed attempt, with backoff and quarantine', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'gone' } });
    for (let episode = 0; episode < 4; episode += 1) {
      await bot.deliver(slow({ startsAt: bot.clock.now() - second }));
      await bot.clock.advance(9 * minute);
    }
    expect(bot.story().filter((word) => word === 'relapsed')).toHaveLength(3);
    expect(bot.runtime.actions).toHaveLength(3);
    expect(bot.metrics).toMatchObject({ 'restart api repair healed': 3, 'restart api repair relapsed': 3 });
    expect(bot.healer.stats().quarantined).toMatchObject([{ service: 'api' }]);
    expect(bot.healer.incidents({ limit: 10, outcome: 'relapsed' }).items).toHaveLength(3);
    await bot.healer.stop();
  });

  it('after that time is a new trouble', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'gone' } });
    await bot.deliver(slow());
    await bot.clock.advance(12 * minute);
    expect(await bot.deliver(slow({ startsAt: bot.clock.now() }))).toEqual(['matched']);
    expect(bot.story()).not.toContain('relapsed');
    await bot.healer.stop();
  });

  it('of another replica is another trouble', async () => {
    const bot = await createBot({ alerts: { WorkerStalled: 'gone' } });
    set(bot, 'worker', replica('worker', 1), replica('worker', 2));
    await bot.deliver(stalled('10.0.6.1:8001'));
    await bot.clock.advance(3 * minute);
    await bot.deliver(stalled('10.0.6.2:8001'));
    await bot.clock.advance(minute);
    expect(bot.story()).not.toContain('relapsed');
    expect(bot.runtime.actions).toHaveLength(2);
    await bot.healer.stop();
  });
});

describe('senders that move start times', () => {
  const at = (time: string) => Date.parse(time);
  const first = slow({ startsAt: at('2025-12-31T23:00:00.123Z') });

  it('end the open episode with a resolved of another start, and it is scaled or restarted no more', async () => {
    const bot = await createBot({ alertSource: noAlertSource });
    await bot.deliver(first);
    await bot.clock.advance(3 * second);
    const end = at('2025-12-31T23:01:00Z');
    await bot.deliver(slow({ status: 'resolved', startsAt: end, endsAt: end }));
    await bot.clock.advance(20 * minute);
    expect(bot.runtime.actions).toEqual(['restart api']);
    expect(bot.healer.incidents({ limit: 10 }).items).toMatchObject([{ outcome: 'healed', phase: 'closed' }]);
    await bot.healer.stop();
  });

  it('end nothing with a late resolved of an episode before', async () => {
    const bot = await firing();
    await bot.deliver(first);
    const before = at('2025-12-31T22:00:00Z');
    await bot.deliver(slow({ status: 'resolved', startsAt: before - minute, endsAt: before }));
    expect(bot.healer.incidents({ limit: 10, status: 'firing' }).items).toHaveLength(1);
    await bot.healer.stop();
  });

  it('begin no second incident while the first one is open', async () => {
    const bot = await firing();
    await bot.deliver(first);
    expect(await bot.deliver(slow({ startsAt: at('2025-12-31T23:00:01Z') }))).toEqual(['duplicate']);
    expect(bot.healer.incidents({ limit: 10 }).items).toHaveLength(1);
    await bot.healer.stop();
  });
});

describe('what a person or compose does', () => {
  it.each<[string, Partial<Replica>, string]>([
    ['a container that a person stopped', { state: 'exited', stoppedBy: 'person' }, 'held_by_person'],
    ['a container that a person paused', { state: 'paused' }, 'held_by_person'],
  ])('%s is left alone, and a person is called when the alert lasts', async (_name, state, reason) => {
    const bot = await firing();
    set(bot, 'api', replica('api', 1, state));
    for (let i = 0; i < 100; i += 1) {
      await bot.deliver(slow());
      await bot.clock.advance(10 * second);
    }
    expect(bot.runtime.actions).toEqual([]);
    expect(bot.story()).toContain(`decided:${reason}`);
    expect(bot.calls).toMatchObject([{ kind: 'escalated', text: expect.stringContaining(reason) }]);
    await bot.healer.stop();
  });

  it('a crash or a kill is healed', async () => {
    const bot = await firing();
    set(bot, 'api', replica('api', 1, { state: 'exited', stoppedBy: 'itself', exitCode: 137 }));
    expect(await bot.deliver(slow())).toEqual(['matched']);
    await bot.healer.stop();
  });

  it('a runbook may say that what a person stopped is repaired too', async () => {
    const text = runbooksText.replace('name: api-slow,', 'name: api-slow, heldByPerson: repair,');
    const bot = await createBot({ policy: runbooks(text), alerts: { APIHighLatency: 'firing' } });
    set(bot, 'api', replica('api', 1, { state: 'exited', stoppedBy: 'person' }));
    expect(await bot.deliver(slow())).toEqual(['matched']);
    await bot.healer.stop();
  });

  it('a service that is being made or replaced waits', async () => {
    const bot = await firing();
    const changing = { changing: 'api-1 was created and never started' };
    bot.runtime.world.services.set('api', serviceOf([replica('api', 1, { state: 'created' })], changing));
    expect(await bot.deliver(slow())).toEqual(['changing']);
    await bot.clock.advance(20 * minute);
    expect(bot.runtime.actions).toEqual([]);
    expect(bot.calls).toHaveLength(1);
    await bot.healer.stop();
  });

  it('a worker that a person stopped is not started by a scaling', async () => {
    const bot = await firing();
    set(bot, 'worker', replica('worker', 1), replica('worker', 2, { state: 'exited', stoppedBy: 'person' }));
    expect(await bot.deliver(backlog())).toEqual(['held_by_person']);
    await bot.healer.stop();
  });

  it('a refusal of the runtime that touched nothing is no attempt', async () => {
    const bot = await firing();
    bot.runtime.restart = async () => ({ ok: false, code: 'held_by_person', message: 'paused', retryable: true });
    await bot.deliver(slow());
    await bot.clock.advance(10 * second);
    expect(bot.story().slice(-2)).toEqual(['acting', 'decided:held_by_person']);
    expect(bot.healer.incidents({ limit: 1 }).items).toMatchObject([{ attempts: 0, outcome: null, phase: 'waiting' }]);
    expect(bot.healer.stats().budget.remaining).toBe(20);
    await bot.healer.stop();
  });

  it('a container that the bot itself stopped, and could not start again, is not held by a person', async () => {
    const bot = await firing();
    bot.runtime.restart = async () => {
      const finishedAt = new Date(bot.clock.now()).toISOString();
      set(bot, 'api', replica('api', 1, { state: 'exited', health: 'none', stoppedBy: 'person', finishedAt }));
      return { ok: false, code: 'engine_error', message: '500 port is already allocated', retryable: true };
    };
    await bot.deliver(slow());
    await bot.clock.advance(2 * minute);
    expect(bot.story()).toContain('decided:retry_after_ineffective');
    expect(await bot.deliver(alertOf({ alertname: 'APIDown', service: 'api' }))).not.toEqual(['held_by_person']);
    await bot.healer.stop();
  });

  it('what a restart took with it, or had to leave, is on record', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'gone' } });
    const { restart } = bot.runtime;
    bot.runtime.restart = async (target, options) => ({
      ...((await restart(target, options)) as { ok: true; replicas: [] }),
      notes: ['vpn-client-1 shares its network and has not opted in: it is left as it is'],
    });
    await bot.deliver(slow());
    await bot.clock.advance(5 * second);
    expect(bot.disk.events.find(({ type }) => type === 'acted')).toMatchObject({
      notes: [expect.stringContaining('vpn')],
    });
    await bot.healer.stop();
  });

  it('a container that the bot stopped stays its own case when the next attempt fails at once', async () => {
    const bot = await firing();
    const finishedAt = () => new Date(bot.clock.now()).toISOString();
    let tries = 0;
    bot.runtime.restart = async () => {
      if (tries++ === 0)
        set(
          bot,
          'api',
          replica('api', 1, { state: 'exited', health: 'none', stoppedBy: 'person', finishedAt: finishedAt() }),
        );
      return { ok: false, code: 'engine_error', message: '500', retryable: true };
    };
    await bot.deliver(slow());
    await bot.clock.advance(10 * minute);
    expect(tries).toBe(3);
    expect(bot.story()).not.toContain('decided:held_by_person');
    await bot.healer.stop();
  });

  it('a service that was recreated after the alert began gets its time to help', async () => {
    const bot = await firing();
    set(bot, 'api', replica('api', 7, { startedAt: new Date(start - 30 * second).toISOString() }));
    expect(await bot.deliver(slow())).toEqual(['already_restarting']);
    await bot.clock.advance(2 * minute);
    expect(bot.runtime.actions).toEqual([]);
    await bot.clock.advance(2 * minute);
    expect(bot.runtime.actions).toEqual(['restart api']);
    await bot.healer.stop();
  });
});

describe('the one replica that an alert names', () => {
  const workers = (extra: Partial<Replica> = {}) => [
    replica('worker', 1),
    replica('worker', 2, { id: 'ab'.repeat(32), names: ['ab'.repeat(6), 'worker-two'], ...extra }),
  ];

  it.each([
    'demo-worker-2:8001',
    'DEMO-WORKER-2',
    'http://10.0.6.2:8001/metrics',
    'https://user@10.0.6.2/metrics?x=1',
    '[::ffff:10.0.6.2]:8001',
    `${'ab'.repeat(6)}:8001`,
    'worker-two:8001',
    '10.0.6.2',
  ])('%s is found', async (instance) => {
    const bot = await createBot();
    set(bot, 'worker', ...workers());
    const [result] = await bot.results(stalled(instance));
    expect(result?.action).toMatchObject({ replica: 'ab'.repeat(32) });
    await bot.healer.stop();
  });

  it.each<[string, string, Partial<Replica>]>([
    ['is not another one that has its address now', '10.0.6.2:8001', { startedAt: new Date(start).toISOString() }],
    ['is not guessed when two may be meant', '10.0.6.2:8001', { addresses: ['10.0.6.2', '10.0.6.1'] }],
    ['is not the one of a longer name', 'demo-worker:8001', {}],
    ['is none without a host', ':8001', {}],
  ])('%s', async (_name, instance, extra) => {
    const bot = await createBot();
    const [one, two] = workers(extra) as [Replica, Replica];
    set(bot, 'worker', 'addresses' in extra ? { ...one, addresses: ['10.0.6.1', '10.0.6.2'] } : one, two);
    expect(await bot.deliver(stalled(instance))).toEqual(['target_missing']);
    await bot.healer.stop();
  });

  it('may be restarted again although the first restart made it younger than the alert', async () => {
    const bot = await createBot({ alerts: { WorkerStalled: 'firing' } });
    set(bot, 'worker', ...workers());
    await bot.deliver(stalled('10.0.6.2:8001'));
    await bot.clock.advance(5 * minute);
    expect(bot.runtime.actions).toHaveLength(2);
    await bot.healer.stop();
  });
});

describe('what a crash left unfinished', () => {
  /** Killed after `acting` was written and before anything happened. */
  async function killed(options: Parameters<Bot['restarted']>[0] = {}, alert = slow()) {
    const bot = await firing();
    bot.runtime.faults.push('hangs');
    await bot.deliver(alert);
    await bot.clock.advance(2 * second);
    expect(bot.story().at(-1)).toBe('acting');
    return { bot, again: await bot.restarted({ timing: { settleMs: second }, ...options }) };
  }
  const observing = runbooks(runbooksText.replace('name: api-slow,', 'name: api-slow, mode: observe,'));
  const poor = runbooks(
    runbooksText.replace('runbooks:', 'defaults: { budget: { actions: 0, within: 1h } }\nrunbooks:'),
  );

  it.each<[string, Parameters<Bot['restarted']>[0]]>([
    ['the runbook only observes now', { policy: observing }],
    ['the runbook is gone', { policy: runbooks('version: 1\nrunbooks: []') }],
    ['the budget is 0 now', { policy: poor }],
    ['the alert is over', { alerts: { APIHighLatency: 'gone' } }],
    ['nothing confirms the alert', { alerts: { APIHighLatency: 'unknown' } }],
    ['the alert is silenced', { reports: new Map([['APIHighLatency', { suppressed: { by: 'silence' as const } }]]) }],
  ])('is not done when %s', async (_name, options) => {
    const { bot, again } = await killed(options);
    await again.clock.advance(10 * second);
    expect(bot.runtime.actions).toEqual(['restart api']); // the one that hung
    expect(again.healer.incidents({ limit: 1 }).items).toMatchObject([{ attempts: 0 }]);
    await again.healer.stop();
  });

  it('is done under the same attempt when everything still says so', async () => {
    const { bot, again } = await killed();
    await again.clock.advance(10 * second);
    expect(bot.runtime.actions).toEqual(['restart api', 'restart api']);
    expect(again.story()).toContain('acted:true');
    expect(again.healer.incidents({ limit: 1 }).items).toMatchObject([{ attempts: 1 }]);
    await again.healer.stop();
  });

  it('scales nobody down: a person made five workers meanwhile', async () => {
    const { bot, again } = await killed({}, backlog());
    set(bot, 'worker', ...[1, 2, 3, 4, 5].map((n) => replica('worker', n)));
    await again.clock.advance(10 * minute);
    expect(bot.runtime.actions).toEqual(['scale worker 3']); // the one that hung
    await again.healer.stop();
  });

  it('counts as an attempt when replicas were made already', async () => {
    const { bot, again } = await killed({}, backlog());
    set(bot, 'worker', replica('worker', 1), replica('worker', 2));
    again.reports.set('WorkerBacklogHigh', { suppressed: { by: 'silence' } });
    await again.clock.advance(10 * second);
    expect(again.healer.incidents({ limit: 1 }).items).toMatchObject([{ attempts: 1, reason: 'suppressed' }]);
    await again.healer.stop();
  });

  it('and ended the bot three times is a failed attempt', async () => {
    let { bot, again } = await killed();
    for (let crash = 0; crash < 2; crash += 1) {
      bot.runtime.faults.push('hangs');
      await again.clock.advance(10 * second);
      again = await again.restarted();
    }
    await again.clock.advance(10 * second);
    expect(bot.runtime.actions).toHaveLength(3);
    expect(again.story()).toContain('verified:failed');
    await again.healer.stop();
  });
});

describe('a scaling', () => {
  const text = `${runbooksText}  - { name: queue-slow, match: { alertname: QueueSlow }, action: { scale: worker, to: 3, max: 3 } }\n`;

  it('is not undone while another alert of the service still fires', async () => {
    const bot = await createBot({
      policy: runbooks(text),
      alerts: { WorkerBacklogHigh: 'firing', QueueSlow: 'firing' },
    });
    await bot.deliver(backlog(), alertOf({ alertname: 'QueueSlow', service: 'worker' }));
    await bot.clock.advance(30 * second);
    bot.alerts['WorkerBacklogHigh'] = 'gone';
    await bot.clock.advance(10 * minute);
    expect(bot.runtime.actions).toEqual(['scale worker 3']);
    bot.alerts['QueueSlow'] = 'gone';
    await bot.clock.advance(5 * minute);
    expect(bot.runtime.actions).toEqual(['scale worker 3', 'scale worker 1']);
    await bot.healer.stop();
  });

  it('is not undone while its own alert is back', async () => {
    const bot = await firing();
    await bot.deliver(backlog());
    await bot.clock.advance(10 * second);
    bot.alerts['WorkerBacklogHigh'] = 'gone';
    await bot.clock.advance(40 * second);
    bot.alerts['WorkerBacklogHigh'] = 'firing';
    await bot.deliver(backlog({ startsAt: bot.clock.now() }));
    await bot.clock.advance(5 * minute);
    expect(bot.runtime.actions).toEqual(['scale worker 3']);
    await bot.healer.stop();
  });

  it('is undone to what a person had, not below', async () => {
    const bot = await firing();
    set(bot, 'worker', replica('worker', 1), replica('worker', 2));
    await bot.deliver(backlog());
    await bot.clock.advance(10 * second);
    bot.alerts['WorkerBacklogHigh'] = 'gone';
    await bot.clock.advance(5 * minute);
    expect(bot.runtime.actions).toEqual(['scale worker 3', 'scale worker 2']);
    await bot.healer.stop();
  });

  it.each([
    ['that others hold on to is left to them after one try', 'conflict', 1],
    ['that cannot be undone is tried with backoff, three times in all', 'engine_error', 3],
  ] as const)('%s', async (_name, code, tries) => {
    const bot = await firing();
    await bot.deliver(backlog());
    await bot.clock.advance(10 * second);
    bot.alerts['WorkerBacklogHigh'] = 'gone';
    let tried = 0;
    bot.runtime.scale = async () => {
      tried += 1;
      return { ok: false, code, message: 'no', retryable: true };
    };
    await bot.clock.advance(60 * minute);
    expect(tried).toBe(tries);
    expect(bot.story().at(-1)).toBe('decided:changed_by_others');
    await bot.healer.stop();
  });

  it('is undone although a late delivery came after the end', async () => {
    const bot = await firing();
    await bot.deliver(backlog());
    await bot.clock.advance(10 * second);
    bot.alerts['WorkerBacklogHigh'] = 'gone';
    await bot.clock.advance(25 * second);
    await bot.deliver(backlog());
    await bot.clock.advance(5 * minute);
    expect(bot.runtime.actions).toEqual(['scale worker 3', 'scale worker 1']);
    await bot.healer.stop();
  });

  it('that failed half-way is undone too', async () => {
    const bot = await firing();
    const { scale } = bot.runtime;
    bot.runtime.scale = async (target, change, options) => {
      bot.runtime.scale = scale;
      await scale(target, { ...change, to: 2 }, options);
      return { ok: false, code: 'never_healthy', message: 'the third', retryable: true };
    };
    await bot.deliver(backlog());
    await bot.clock.advance(5 * second);
    bot.alerts['WorkerBacklogHigh'] = 'gone';
    await bot.clock.advance(6 * minute);
    expect(bot.runtime.actions).toEqual(['scale worker 2', 'scale worker 1']);
    await bot.healer.stop();
  });
});

describe('a claim on a service', () => {
  it('ends with its incident, also when the runbook was changed while it was queued', async () => {
    const bot = await firing();
    const { evidence } = bot.runtime;
    bot.runtime.evidence = async (...args) => {
      bot.runtime.evidence = evidence;
      bot.reload(runbooks(runbooksText.replaceAll('restart: api', 'restart: worker')));
      return evidence(...args);
    };
    await bot.deliver(slow());
    await bot.clock.advance(5 * second);
    expect(bot.runtime.actions).toEqual(['restart worker']);
    bot.reload(runbooks(runbooksText));
    expect(await bot.deliver(alertOf({ alertname: 'APIDown', service: 'api' }))).toEqual(['matched']);
    await bot.healer.stop();
  });
});

describe('when too many incidents are open', () => {
  it('what is known already is still taken, and so is its end', async () => {
    const bot = await createBot({ timing: { maxOpen: 2 }, alerts: { Other: 'firing' } });
    const other = (n: number, extra = {}) => alertOf({ alertname: 'APIHighLatency', n: String(n) }, extra);
    await bot.deliver(other(1), other(2));
    await expect(bot.deliver(other(3))).rejects.toThrow('Too many');
    expect(await bot.deliver(other(1), other(2))).toHaveLength(2);
    await expect(bot.deliver(other(2, { status: 'resolved', endsAt: start }), other(3))).rejects.toThrow('Too many');
    expect(bot.healer.incidents({ limit: 10, status: 'resolved' }).items).toHaveLength(1);
    await bot.healer.stop();
  });
});

it('after the clock was set back, a container that seems to start in the future is repaired all the same', async () => {
  const bot = await firing();
  bot.clock.jump(-2 * 60 * minute);
  expect(await bot.deliver(slow({ startsAt: bot.clock.now() - second }))).toEqual(['matched']);
  set(bot, 'worker', replica('worker', 1), replica('worker', 2));
  expect(await bot.deliver(stalled('10.0.6.2', { startsAt: bot.clock.now() - second }))).toEqual(['matched']);
  await bot.healer.stop();
});

it('what was heard before the clock was set back is not heard again when the clock comes there', async () => {
  const bot = await createBot({ alerts: { APIHighLatency: 'firing', APIDown: 'firing' } });
  await bot.deliver(alertOf({ alertname: 'APIDown', service: 'api' }));
  await bot.deliver(slow());
  bot.clock.jump(-4 * minute);
  bot.alerts['APIHighLatency'] = 'unknown';
  await bot.clock.advance(4 * minute + 2 * second);
  const [incident] = bot.healer.incidents({ limit: 5, alertname: 'APIHighLatency' }).items;
  expect(incident).toMatchObject({ attempts: 0, phase: 'waiting' });
  await bot.healer.stop();
});

it('at a start everything that waits is looked at, whatever time was noted for it', async () => {
  const bot = await createBot({ alerts: { APIHighLatency: 'firing', Asked: 'firing' } });
  const api = bot.runtime.world.services.get('api');
  bot.runtime.world.services.delete('api');
  expect(await bot.deliver(slow())).toEqual(['target_missing']);
  bot.clock.jump(-40 * minute);
  if (api) bot.runtime.world.services.set('api', api);
  const again = await bot.restarted();
  await again.clock.advance(3 * second);
  expect(bot.runtime.actions).toEqual(['restart api']);
  await again.healer.stop();
});

it('a request for approval is over in time although the clock was set back', async () => {
  const bot = await createBot({ alerts: { Asked: 'firing' } });
  expect(await bot.deliver(alertOf({ alertname: 'Asked' }))).toEqual(['awaiting_approval']);
  bot.clock.jump(-2 * 60 * minute);
  await bot.clock.advance(5 * second);
  expect(bot.healer.incidents({ limit: 1 }).items).toMatchObject([{ phase: 'closed', reason: 'rejected' }]);
  await bot.healer.stop();
});

describe('a pause', () => {
  it('neither ends early nor lasts longer when the clock jumps', async () => {
    const bot = await firing();
    await bot.healer.pause({ minutes: 30, by: 'ops' });
    await bot.deliver(slow());
    bot.clock.jump(6 * 60 * minute);
    await bot.clock.advance(20 * minute);
    expect(bot.runtime.actions).toEqual([]);
    bot.clock.jump(-12 * 60 * minute);
    await bot.clock.advance(11 * minute);
    expect(bot.runtime.actions).toEqual(['restart api']);
    await bot.healer.stop();
  });

  it('holds over a restart of the bot for what is left of it', async () => {
    const bot = await firing();
    await bot.healer.pause({ minutes: 30, by: 'ops' });
    await bot.deliver(slow());
    await bot.clock.advance(20 * minute);
    const again = await bot.restarted();
    await again.clock.advance(9 * minute);
    expect(bot.runtime.actions).toEqual([]);
    await again.clock.advance(3 * minute);
    expect(bot.runtime.actions).toEqual(['restart api']);
    await again.healer.stop();
  });

  it('is not stretched by a clock that is set back while the bot is down', async () => {
    const bot = await firing();
    await bot.healer.pause({ minutes: 3, by: 'ops' });
    await bot.deliver(slow());
    bot.clock.jump(-100 * minute);
    const again = await bot.restarted();
    await again.clock.advance(4 * minute);
    expect(bot.runtime.actions).toEqual(['restart api']);
    await again.healer.stop();
  });

  it('stops a restart under way before its next container', async () => {
    const bot = await firing();
    bot.runtime.restart = async (_target, { signal }) => {
      bot.runtime.actions.push('begun');
      await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
      return { ok: false, code: 'aborted', message: 'given up', retryable: true };
    };
    await bot.deliver(slow());
    await bot.clock.advance(2 * second);
    await bot.healer.pause({ minutes: 30, by: 'ops' });
    await bot.clock.advance(2 * second);
    expect(bot.story()).toContain('verified:unknown');
    await bot.healer.stop();
  });
});
