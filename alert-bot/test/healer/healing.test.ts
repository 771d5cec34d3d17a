import { describe, expect, it } from 'vitest';
import { parseRunbooks } from '../../src/runbooks/load-runbooks.ts';
import { noAlertSource } from '../../src/verify/alert-source.ts';
import { createBot } from '../support/bot.ts';
import { alertOf, backlog, down, replica, serviceOf, slow, stalled, start } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;

describe('an incident that heals', () => {
  it('is received, decided, acted on once and verified, and the log tells it in order', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    expect(await bot.deliver(slow())).toEqual(['matched']);
    await bot.clock.advance(5 * second);
    bot.alerts['APIHighLatency'] = 'gone';
    await bot.clock.advance(20 * second);
    expect(bot.runtime.actions).toEqual(['restart api']);
    expect(bot.story()).toEqual([
      'received',
      'decided:matched',
      'evidence',
      'acting',
      'acted:true',
      'verified:healed',
      'resolved:alert_source',
    ]);
    expect(bot.notifications.map(({ kind, text }) => [kind, text])).toEqual([
      ['healed', 'APIHighLatency is over: restarting api helped (attempt 1).'],
    ]);
    expect(bot.metrics).toMatchObject({
      'restart api repair healed': 1,
      detected: 1,
      acted: 1,
      verified: 1,
      healed: 1,
    });
    await bot.healer.stop();
  });

  it('keeps the evidence from before the action', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'gone' } });
    await bot.deliver(slow());
    await bot.clock.advance(10 * second);
    const evidence = bot.disk.events.find(({ type }) => type === 'evidence');
    expect(JSON.stringify(evidence)).toContain('the last words');
    expect(JSON.stringify(evidence)).toContain(new Date(start - 60 * minute).toISOString());
    await bot.healer.stop();
  });

  it('answers before it acts', async () => {
    const bot = await createBot();
    const answer = bot.results(slow());
    await bot.clock.advance(0);
    expect((await answer)[0]).toMatchObject({
      decision: 'act',
      reason: 'matched',
      action: { type: 'restart', service: 'api' },
    });
    expect(bot.disk.events.findIndex(({ type }) => type === 'decided')).toBeLessThan(
      bot.disk.events.findIndex(({ type }) => type === 'acting'),
    );
    await bot.healer.stop();
  });
});

describe('a storm', () => {
  it('of 28 identical deliveries at once is one action', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    const answers = await Promise.all(Array.from({ length: 28 }, () => bot.deliver(slow())));
    await bot.clock.advance(20 * second);
    expect(answers.flat().filter((reason) => reason === 'matched')).toHaveLength(1);
    expect(answers.flat().filter((reason) => reason === 'duplicate')).toHaveLength(27);
    expect(bot.runtime.actions).toEqual(['restart api']);
    await bot.healer.stop();
  });

  it('of the hand-written form, which has no startsAt, is one incident', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    const typed = () => slow({ startsAt: bot.clock.now(), startsAtMissing: true });
    const first = await bot.results(typed());
    await bot.clock.advance(3 * second);
    const second_ = await bot.results(typed());
    expect(second_[0]).toMatchObject({ incident: first[0]?.incident, reason: 'duplicate' });
    await bot.healer.stop();
  });

  it('of ten thousand alerts in one payload is one action per target and stays within the budget', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    const alerts = Array.from({ length: 10_000 }, (_, i) =>
      alertOf({ alertname: 'APIHighLatency', service: 'api', path: `/${i}` }),
    );
    const reasons = await bot.deliver(...alerts);
    expect(reasons.filter((reason) => reason === 'matched')).toHaveLength(1);
    expect(reasons.filter((reason) => reason === 'in_progress')).toHaveLength(9_999);
    await bot.clock.advance(5 * second);
    expect(bot.runtime.actions).toEqual(['restart api']);
    await bot.healer.stop();
  });

  it('over many services never acts more often than the budget allows', async () => {
    const services = Array.from({ length: 30 }, (_, i) => `s${i}`);
    const entries = services.map(
      (name) => `  - { name: ${name}, match: { alertname: Down, service: ${name} }, action: { restart: ${name} } }`,
    );
    const policy = parseRunbooks(['version: 1', 'runbooks:', ...entries].join('\n'), 'runbooks.yml');
    const bot = await createBot({ policy, alerts: { Down: 'firing' } });
    for (const name of services) bot.runtime.world.services.set(name, serviceOf([replica(name, 1)]));
    const reasons = await bot.deliver(...services.map((service) => alertOf({ alertname: 'Down', service })));
    expect(reasons.filter((reason) => reason === 'matched')).toHaveLength(20);
    expect(reasons.filter((reason) => reason === 'budget_spent')).toHaveLength(10);
    await bot.clock.advance(50 * minute);
    expect(bot.runtime.actions).toHaveLength(20);
    expect(bot.healer.stats().budget.remaining).toBe(0);
    await bot.healer.stop();
  });
});

describe('an incident that does not heal', () => {
  it('is tried again by the bot itself, with backoff, then quarantined, and a person is called once', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    await bot.deliver(slow());
    await bot.clock.advance(60 * minute);
    expect(bot.runtime.actions).toEqual(['restart api', 'restart api', 'restart api']);
    expect(
      bot.story().filter((word) => word.startsWith('decided') || word === 'quarantined' || word === 'escalated'),
    ).toEqual([
      'decided:matched',
      'decided:backoff',
      'decided:retry_after_ineffective',
      'decided:backoff',
      'decided:retry_after_ineffective',
      'quarantined',
      'escalated',
      'decided:quarantined',
    ]);
    expect(bot.calls.filter(({ kind }) => kind === 'escalated')).toHaveLength(1);
    expect(bot.metrics['escalated api']).toBe(1);
    expect(bot.healer.stats().quarantined).toMatchObject([{ service: 'api', attempts: 3 }]);
    expect(await bot.deliver(slow())).toEqual(['quarantined']);
    await bot.healer.stop();
  });

  it('is left alone until a person releases its target', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    await bot.deliver(slow());
    await bot.clock.advance(60 * minute);
    expect(await bot.healer.release('api', { by: 'ops' })).toEqual({
      target: 'api',
      project: 'demo',
      service: 'api',
      wasQuarantined: true,
    });
    bot.alerts['APIHighLatency'] = 'firing';
    await bot.clock.advance(10 * second);
    expect(bot.runtime.actions).toHaveLength(4);
    expect(bot.healer.stats().quarantined).toEqual([]);
    await bot.healer.stop();
  });

  it.each([
    ['a container that never becomes healthy is ineffective', ['unhealthy'] as const, 'verified:ineffective'],
    ['an engine that answers 500 is failed', ['fails'] as const, 'verified:failed'],
    ['an answer lost before anything happened is failed', ['lost_before'] as const, 'verified:failed'],
  ])('%s', async (_name, faults, expected) => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    bot.runtime.faults.push(...faults);
    await bot.deliver(slow());
    await bot.clock.advance(45 * second);
    expect(bot.story()).toContain(expected);
    expect(bot.runtime.actions).toEqual(['restart api']);
    await bot.healer.stop();
  });

  it('an answer lost after the restart is a restart, not a second one', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'gone' } });
    bot.runtime.faults.push('lost_after');
    await bot.deliver(slow());
    await bot.clock.advance(45 * second);
    expect(bot.story()).toContain('verified:healed');
    expect(bot.runtime.actions).toEqual(['restart api']);
    await bot.healer.stop();
  });

  it('unknown is never a success: nobody can say whether the alert is over', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'unknown' } });
    await bot.deliver(slow());
    await bot.clock.advance(2 * second);
    await bot.deliver(slow({ status: 'resolved', endsAt: start }));
    await bot.clock.advance(4 * minute);
    expect(bot.story()).toContain('verified:unknown');
    expect(bot.metrics['restart api repair healed']).toBeUndefined();
    await bot.healer.stop();
  });

  it('without anyone to ask, the word of Alertmanager counts', async () => {
    const bot = await createBot({ alertSource: noAlertSource });
    await bot.deliver(slow());
    await bot.clock.advance(10 * second);
    await bot.deliver(slow({ status: 'resolved', endsAt: start }));
    await bot.clock.advance(20 * second);
    expect(bot.story()).toContain('verified:healed');
    await bot.healer.stop();
  });
});

describe('a backlog', () => {
  it('scales up, and back when the alert has been over for a minute', async () => {
    const bot = await createBot({ alerts: { WorkerBacklogHigh: 'firing' } });
    await bot.deliver(backlog());
    await bot.clock.advance(30 * second);
    expect(bot.runtime.actions).toEqual(['scale worker 3']);
    bot.alerts['WorkerBacklogHigh'] = 'gone';
    await bot.clock.advance(30 * second);
    expect(bot.runtime.actions).toEqual(['scale worker 3']);
    await bot.clock.advance(60 * second);
    expect(bot.runtime.actions).toEqual(['scale worker 3', 'scale worker 1']);
    await bot.clock.advance(10 * second);
    expect(bot.story().slice(-5)).toEqual([
      'decided:cooldown',
      'decided:on_resolved',
      'acting',
      'acted:true',
      'verified:healed',
    ]);
    expect(bot.healer.incidents({ limit: 10 }).items[0]).toMatchObject({ phase: 'closed', outcome: 'healed' });
    await bot.healer.stop();
  });

  it.each([
    ['already_scaled_back: somebody ran `docker compose up`', 1],
    ['changed_by_others: somebody wants two', 2],
    ['changed_by_others: somebody wants five', 5],
  ])('is not fought over: %s', async (name, count) => {
    const bot = await createBot({ alerts: { WorkerBacklogHigh: 'gone' } });
    await bot.deliver(backlog());
    await bot.clock.advance(30 * second);
    const worker = bot.runtime.world.services.get('worker');
    if (worker) worker.replicas = Array.from({ length: count }, (_, i) => replica('worker', i + 1));
    await bot.clock.advance(3 * minute);
    expect(bot.runtime.actions).toEqual(['scale worker 3']);
    expect(bot.story().at(-1)).toBe(`decided:${name.slice(0, name.indexOf(':'))}`);
    await bot.healer.stop();
  });

  it('is not scaled back while nobody can say that it is over', async () => {
    const bot = await createBot({ alerts: { WorkerBacklogHigh: 'firing' } });
    await bot.deliver(backlog());
    await bot.clock.advance(10 * second);
    bot.alerts['WorkerBacklogHigh'] = 'unknown';
    await bot.deliver(backlog({ status: 'resolved', endsAt: start }));
    await bot.clock.advance(30 * minute);
    expect(bot.runtime.actions).toEqual(['scale worker 3']);
    bot.alerts['WorkerBacklogHigh'] = 'gone';
    await bot.clock.advance(3 * minute);
    expect(bot.runtime.actions).toEqual(['scale worker 3', 'scale worker 1']);
    await bot.healer.stop();
  });
});

describe('waiting incidents', () => {
  it('a second alert of the same target waits, and ends by itself when the first repair cured it too', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing', APIDown: 'firing' } });
    expect(await bot.deliver(slow(), down())).toEqual(['matched', 'in_progress']);
    await bot.clock.advance(10 * second);
    Object.assign(bot.alerts, { APIHighLatency: 'gone', APIDown: 'gone' });
    await bot.clock.advance(3 * minute);
    expect(bot.runtime.actions).toEqual(['restart api']);
    expect(bot.healer.stats().openIncidents).toBe(0);
    await bot.healer.stop();
  });

  it('a second stalled replica gets its turn after the first one, without another webhook', async () => {
    const bot = await createBot({ alerts: { WorkerStalled: 'firing' } });
    const worker = bot.runtime.world.services.get('worker');
    if (worker) worker.replicas = [1, 2, 3].map((n) => replica('worker', n));
    await bot.deliver(stalled('10.0.6.1:8001'), stalled('10.0.6.2:8001'));
    await bot.clock.advance(2 * second);
    expect(bot.runtime.actions).toEqual(['restart worker worker-1-id']);
    await bot.clock.advance(5 * minute);
    expect(bot.runtime.actions).toEqual(['restart worker worker-1-id', 'restart worker worker-2-id']);
    await bot.healer.stop();
  });

  it('a relapse that no webhook tells of is acted on', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    await bot.deliver(slow());
    await bot.clock.advance(3 * minute + 90 * second);
    expect(bot.runtime.actions).toEqual(['restart api', 'restart api']);
    await bot.healer.stop();
  });

  it('a pause stops everything, and its end starts what still fires', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    await bot.healer.pause({ minutes: 30, reason: 'deploy', by: 'ops' });
    expect(await bot.deliver(slow())).toEqual(['paused']);
    await bot.clock.advance(29 * minute);
    expect(bot.runtime.actions).toEqual([]);
    await bot.clock.advance(2 * minute);
    expect(bot.runtime.actions).toEqual(['restart api']);
    await bot.healer.stop();
  });

  it('a pause that comes between the decision and the action stops the action', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    const evidence = bot.runtime.evidence;
    bot.runtime.evidence = async (...args) => {
      bot.runtime.evidence = evidence;
      await bot.healer.pause({ minutes: 5, by: 'ops' });
      return evidence(...args);
    };
    await bot.deliver(slow());
    await bot.clock.advance(2 * second);
    expect(bot.runtime.actions).toEqual([]);
    expect(bot.story()).toEqual(['received', 'decided:matched', 'decided:paused']);
    await bot.healer.resume({ by: 'ops' });
    await bot.clock.advance(5 * second);
    expect(bot.runtime.actions).toEqual(['restart api']);
    await bot.healer.stop();
  });

  it('a container that goes between looking and acting is not acted on', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    const evidence = bot.runtime.evidence;
    bot.runtime.evidence = async (...args) => {
      const api = bot.runtime.world.services.get('api');
      if (api) api.replicas = [];
      return evidence(...args);
    };
    await bot.deliver(slow());
    await bot.clock.advance(2 * second);
    expect(bot.runtime.actions).toEqual([]);
    expect(bot.story()).toContain('decided:target_missing');
    await bot.healer.stop();
  });

  it('a runtime that is away is asked again', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    bot.runtime.down = true;
    expect(await bot.deliver(slow())).toEqual(['runtime_unavailable']);
    expect(bot.healer.stats().runtimeUp).toBe(false);
    bot.runtime.down = false;
    await bot.clock.advance(15 * second);
    expect(bot.runtime.actions).toEqual(['restart api']);
    await bot.healer.stop();
  });

  it('a slow engine: the last look, never old, is good enough to decide on', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    await bot.clock.advance(60 * minute);
    const observe = bot.runtime.observe;
    bot.runtime.observe = () => bot.clock.sleep(1_000).then(() => observe());
    const answer = bot.deliver(slow());
    await bot.clock.advance(100);
    expect(await answer).toEqual(['matched']);
    await bot.clock.advance(5 * second);
    await bot.healer.stop();
  });

  it('a crash loop that Docker handles alone goes to a person after a quarter of an hour, once', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    const api = bot.runtime.world.services.get('api');
    if (api) api.replicas = [replica('api', 1, { state: 'restarting' })];
    expect(await bot.deliver(slow())).toEqual(['already_restarting']);
    await bot.clock.advance(40 * minute);
    expect(bot.runtime.actions).toEqual([]);
    expect(bot.calls.filter(({ kind }) => kind === 'escalated')).toHaveLength(1);
    await bot.healer.stop();
  });

  it('a clock that is set back wedges nothing', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    await bot.deliver(slow());
    await bot.clock.advance(10 * second);
    bot.clock.jump(-24 * 60 * minute);
    await bot.clock.advance(10 * minute);
    expect(bot.runtime.actions.length).toBeGreaterThanOrEqual(2);
    await bot.healer.stop();
  });
});

describe('approvals', () => {
  it('acts when a person says yes', async () => {
    const bot = await createBot({ alerts: { Asked: 'firing' } });
    const [answer] = await bot.results(alertOf({ alertname: 'Asked' }));
    expect(answer).toMatchObject({ reason: 'awaiting_approval' });
    expect(bot.calls.map(({ kind }) => kind)).toEqual(['approval_needed']);
    expect(await bot.healer.approve(answer?.incident ?? '', { by: 'ops' })).toMatchObject({
      decision: 'act',
      reason: 'approved',
    });
    await bot.clock.advance(2 * second);
    expect(bot.runtime.actions).toEqual(['restart api']);
    await bot.healer.stop();
  });

  it('does nothing when a person says no, also when the alert comes again', async () => {
    const bot = await createBot({ alerts: { Asked: 'firing' } });
    const [answer] = await bot.results(alertOf({ alertname: 'Asked' }));
    await bot.healer.reject(answer?.incident ?? '', { by: 'ops', note: 'known' });
    expect(await bot.deliver(alertOf({ alertname: 'Asked' }))).toEqual(['rejected']);
    await bot.clock.advance(2 * 60 * minute);
    expect(bot.runtime.actions).toEqual([]);
    await bot.healer.stop();
  });

  it('ends by itself when nobody answers for an hour', async () => {
    const bot = await createBot({ alerts: { Asked: 'firing' } });
    await bot.deliver(alertOf({ alertname: 'Asked' }));
    await bot.clock.advance(61 * minute);
    expect(bot.story().at(-1)).toBe('rejected:nobody in time');
    await bot.healer.stop();
  });

  it.each([
    ['incident_not_found', 'nothing'],
    ['not_awaiting_approval', 'known'],
  ])('refuses with %s', async (code, which) => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    const [answer] = await bot.results(slow());
    const id = which === 'known' ? (answer?.incident ?? '') : 'nothing';
    await expect(bot.healer.approve(id, { by: 'ops' })).rejects.toMatchObject({ code });
    await bot.healer.stop();
  });
});

describe('a disk that is full', () => {
  it('refuses the delivery, leaves no trace of it and takes the next one', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    bot.disk.full = true;
    await expect(bot.deliver(slow())).rejects.toMatchObject({ name: 'HealerUnavailable', code: 'log_unwritable' });
    await bot.clock.advance(5 * second);
    expect(bot.runtime.actions).toEqual([]);
    bot.disk.full = false;
    expect(await bot.deliver(slow())).toEqual(['matched']);
    await bot.healer.stop();
  });

  it('in the middle of a repair leads to no second restart', async () => {
    const bot = await createBot({ alerts: { APIHighLatency: 'firing' } });
    bot.runtime.actionMs = 1_000;
    await bot.deliver(slow());
    await bot.clock.advance(500);
    bot.disk.full = true;
    await bot.clock.advance(30 * second);
    bot.disk.full = false;
    bot.alerts['APIHighLatency'] = 'gone';
    await bot.clock.advance(30 * second);
    expect(bot.runtime.actions).toEqual(['restart api']);
    expect(bot.story().slice(-5)).toEqual([
      'acting',
      'recovered:happened',
      'acted:true',
      'verified:healed',
      'resolved:alert_source',
    ]);
    await bot.healer.stop();
  });
});
