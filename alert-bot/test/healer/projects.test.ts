import { describe, expect, it } from 'vitest';
import { parseRunbooks } from '../../src/runbooks/load-runbooks.ts';
import type { ObservedService } from '../../src/runtime/runtime.ts';
import { createBot } from '../support/bot.ts';
import { alertOf, replica, serviceOf, start } from '../support/world.ts';

const minute = 60_000;

/** Home is `demo`; `api` exists there, in `shop` and in `blog`; `solo` is a plain container. */
const policy = parseRunbooks(
  `version: 1
runbooks:
  - { name: unhealthy, match: { alertname: ContainerUnhealthy }, action: { restart: '{project}/{service}', replica: instance } }
  - { name: broken, match: { alertname: Broken }, action: { restart: '{project}/{service}' } }
  - { name: home, match: { alertname: HomeBroken }, action: { restart: demo/api } }
  - { name: busy, match: { alertname: Busy }, action: { scale: '{project}/{service}', to: 2, max: 2 }, onResolved: { to: 1 } }
`,
  'runbooks.yml',
);

const of = (project: string, service: string, extra: Partial<ObservedService> = {}): [string, ObservedService] => [
  `${project}/${service}`,
  serviceOf([replica(service, 1, { id: `${project}-${service}-id`, name: `${project}-${service}-1` })], {
    project,
    service,
    ...extra,
  }),
];

async function startBot() {
  const alerts: Record<string, 'firing' | 'gone'> = {
    Broken: 'firing',
    Busy: 'firing',
    ContainerUnhealthy: 'firing',
    HomeBroken: 'firing',
  };
  const bot = await createBot({ policy, alerts });
  const { world } = bot.runtime;
  Object.assign(world, { projects: ['shop', 'blog', '-', 'typo'] });
  const more = [
    of('shop', 'api'),
    of('blog', 'api'),
    of('-', 'solo'),
    of('shop', 'db', { protected: true }),
    of('shop', 'shy', { optedIn: false }),
  ];
  for (const [text, service] of more) world.services.set(text, service);
  return bot;
}

const broken = (project: string, service = 'api', more: Record<string, string> = {}) =>
  alertOf({ alertname: 'Broken', project, service, ...more });

describe('services of one name in three projects', () => {
  it("an alert of another project restarts that project's service and never ours", async () => {
    const bot = await startBot();
    expect(await bot.deliver(broken('shop'))).toEqual(['matched']);
    await bot.clock.advance(minute);
    expect(bot.runtime.actions).toEqual(['restart shop/api']);
    expect(await bot.deliver(broken('blog'), broken('demo'))).toEqual(['matched', 'matched']);
    await bot.clock.advance(minute);
    expect(bot.runtime.actions.sort()).toEqual(['restart api', 'restart blog/api', 'restart shop/api']);
  });

  it('have attempts, quarantine and release of their own', async () => {
    const bot = await startBot();
    await bot.deliver(broken('shop'));
    await bot.clock.advance(30 * minute);
    expect(bot.healer.stats().quarantined).toMatchObject([{ target: 'shop/api', project: 'shop', service: 'api' }]);
    expect(bot.calls[0]?.text).toMatch(/^shop\/api was tried 3 times/);
    expect(await bot.deliver(broken('demo'))).toEqual(['matched']);
    expect(await bot.healer.release('api', { by: 'ops' })).toMatchObject({ target: 'api', wasQuarantined: false });
    expect(await bot.healer.release('shop/api', { by: 'ops' })).toMatchObject({
      target: 'shop/api',
      wasQuarantined: true,
    });
    await expect(bot.healer.release('blog/nothing', { by: 'ops' })).rejects.toThrow(/no runbook names/);
  });

  it('come back after a restart of the bot with what was remembered of each', async () => {
    const bot = await startBot();
    await bot.deliver(broken('shop'));
    await bot.clock.advance(30 * minute);
    const again = await bot.restarted();
    expect(again.healer.stats().quarantined.map(({ target }) => target)).toEqual(['shop/api']);
    expect(await again.deliver(broken('shop', 'api', { team: 'a' }), broken('demo'))).toEqual([
      'quarantined',
      'matched',
    ]);
  });

  it('an alert back on one of them is a relapse of that one only', async () => {
    const bot = await startBot();
    bot.alerts['Broken'] = 'gone';
    await bot.deliver(broken('shop'), broken('demo'));
    await bot.clock.advance(2 * minute);
    expect(bot.metrics).toMatchObject({ 'restart shop/api repair healed': 1, 'restart api repair healed': 1 });
    await bot.deliver(broken('shop', 'api', { instance: 'other' }));
    expect(bot.metrics['restart shop/api repair relapsed']).toBe(1);
    expect(bot.metrics['restart api repair relapsed']).toBeUndefined();
  });

  it('a replica that another alert needs is not scaled back, and only in its own project', async () => {
    const bot = await startBot();
    const busy = (project: string, team: string) => alertOf({ alertname: 'Busy', project, service: 'api', team });
    await bot.deliver(busy('shop', 'a'));
    await bot.clock.advance(10_000);
    await bot.deliver(busy('blog', 'b'));
    await bot.clock.advance(minute);
    expect(bot.runtime.actions).toEqual(['scale shop/api 2', 'scale blog/api 2']);
    bot.alerts['Busy'] = 'gone';
    await bot.deliver({ ...busy('shop', 'a'), status: 'resolved', endsAt: start + 70_000 });
    await bot.clock.advance(5 * minute);
    expect(bot.runtime.actions).toContain('scale shop/api 1');
  });
});

describe('a runbook', () => {
  it('that writes the home project out acts on the same target as one that does not', async () => {
    const bot = await startBot();
    await bot.deliver(alertOf({ alertname: 'HomeBroken' }));
    expect(await bot.deliver(broken('demo'))).toEqual(['in_progress']);
  });

  it.each([
    [broken('', 'api'), 'the alert has no label "project", which the runbook takes the project from'],
    [broken('shop', '../demo/api'), 'the label "service" is "../demo/api", which is not the name of a service'],
    [broken('shop', 'gone'), 'no container of shop/gone: those in the project shop are of api, db, shy'],
    [broken('demo', 'gone'), 'no container of gone: those in the project demo are of api, worker'],
    [broken('other'), 'the project other is not one that is looked at (demo, shop, blog, -, typo)'],
    [broken('typo'), 'no container of typo/api: there is none in the project typo'],
    [broken('-', 'gone'), 'no container of -/gone: those outside of compose projects are of solo'],
  ])('whose target cannot be found says why: %#', async (alert, detail) => {
    const bot = await startBot();
    const [result] = await bot.results(alert);
    expect(result).toMatchObject({ reason: 'target_missing', detail: expect.stringContaining(detail) });
    await bot.clock.advance(30 * minute);
    expect(bot.runtime.actions).toEqual([]);
    expect(bot.calls).toHaveLength(1); // stuck: a person hears of it once
  });

  it.each([
    ['shop', 'db', 'protected_target'],
    ['shop', 'shy', 'not_opted_in'],
  ])('can be led by an alert to %s/%s, and refuses it: %s', async (project, service, reason) => {
    const bot = await startBot();
    expect(await bot.deliver(broken(project, service))).toEqual([reason]);
  });

  it('restarts a plain container and does not scale it', async () => {
    const bot = await startBot();
    expect(await bot.deliver(alertOf({ alertname: 'Busy', project: '-', service: 'solo' }))).toEqual(['not_scalable']);
    const alert = alertOf({ alertname: 'ContainerUnhealthy', project: '-', service: 'solo', instance: '--solo-1' });
    expect(await bot.deliver(alert)).toEqual(['matched']);
    await bot.clock.advance(minute);
    expect(bot.runtime.actions).toEqual(['restart -/solo --solo-id']);
  });
});

it('a project that is not there is told in the status, and every target in scope is shown with what may act on it', async () => {
  const bot = await startBot();
  await bot.clock.advance(10_000);
  expect(bot.healer.stats().missingProjects).toEqual(['typo']);
  const { project, projects, services } = await bot.healer.views.services();
  expect([project, projects]).toEqual(['demo', ['shop', 'blog', '-', 'typo']]);
  expect(services.map(({ target }) => target)).toEqual([
    'api',
    'worker',
    '-/solo',
    'blog/api',
    'shop/api',
    'shop/db',
    'shop/shy',
  ]);
  expect(services.find(({ target }) => target === 'shop/api')).toMatchObject({
    project: 'shop',
    service: 'api',
    runbooks: ['unhealthy', 'broken', 'busy'],
  });
  expect(services.find(({ target }) => target === 'api')?.runbooks).toEqual(['unhealthy', 'broken', 'home', 'busy']);
});

it('incidents are found by project, by service in it, and by the text of their target', async () => {
  const bot = await startBot();
  await bot.deliver(broken('shop'), broken('blog'), broken('demo'));
  const found = (query: object) =>
    bot.healer
      .incidents({ limit: 10, ...query })
      .items.map(({ target }) => target)
      .sort();
  expect(found({ service: 'api' })).toEqual(['api']);
  expect(found({ project: 'demo' })).toEqual(['api']);
  expect(found({ project: 'shop', service: 'api' })).toEqual(['shop/api']);
  expect(found({ service: 'blog/api' })).toEqual(['blog/api']);
  expect(found({ service: 'demo/api' })).toEqual(['api']);
  expect(found({ project: 'nowhere' })).toEqual([]);
});

it('where another bot acts it only observes, says so in the status, and goes on when that one is gone', async () => {
  const bot = await startBot();
  const [text, service] = of('shop', 'api');
  bot.runtime.world.services.set(text, { ...service, actedOnBy: 'ops-bot-1' });
  expect(await bot.deliver(broken('shop'), broken('blog'))).toEqual(['observe_only', 'matched']);
  await bot.clock.advance(minute);
  expect(bot.runtime.actions).toEqual(['restart blog/api']);
  expect(bot.healer.stats().otherBots).toEqual(['ops-bot-1']);
  bot.runtime.world.services.set(text, service);
  expect(await bot.deliver(broken('shop'))).toEqual(['matched']);
  await bot.clock.advance(minute);
  expect(bot.runtime.actions).toEqual(['restart blog/api', 'restart shop/api']);
  expect(bot.healer.stats().otherBots).toEqual([]);
});
