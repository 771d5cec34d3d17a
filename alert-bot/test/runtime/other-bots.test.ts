import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDockerRuntime } from '../../src/runtime/docker/docker-runtime.ts';
import type { FakeContainer } from './fake-container.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { type ServiceOverrides, seedService } from './fake-world.ts';

const image = { 'org.opencontainers.image.title': 'observability-stack-alert-bot' };

describe('two bots on one engine', () => {
  let engine: FakeEngine;
  beforeEach(async () => {
    engine = await startFakeEngine();
    seedService(engine, 'api');
    seedService(engine, 'api', { name: 'shop-api-1', labels: inProject('shop') });
  });
  afterEach(() => engine.stop());

  const inProject = (project: string) => ({ 'com.docker.compose.project': project });
  interface BotOverrides extends ServiceOverrides {
    env?: string[];
    entrypoint?: string[];
    args?: string[];
  }
  /** @param day when it was made */
  function seedBot(service: string, day: number, overrides: BotOverrides = {}) {
    const { env = [], entrypoint = ['alert-bot'], args = [], labels = image, ...rest } = overrides;
    const bot = seedService(engine, service, { ...rest, labels: { 'self-healing.enable': 'false', ...labels } });
    Object.assign(bot.Config, { Env: env, Entrypoint: entrypoint, Cmd: args });
    bot.Created = `2026-01-0${day}T00:00:00Z`;
    return bot;
  }
  async function actorsSeenBy(bot: FakeContainer, projects: string[] = []) {
    const runtime = createDockerRuntime(
      { dockerHost: engine.dockerHost, standsBack: true, projects },
      { self: async () => ({ hostname: bot.Id.slice(0, 12), mountinfo: '', cgroup: '' }) },
    );
    const { services } = await runtime.observe();
    await runtime.close?.();
    return new Map([...services].map(([text, { actedOnBy }]) => [text, actedOnBy]));
  }

  it('the older one acts, and the younger one says which container that is', async () => {
    const [first, second] = [seedBot('bot', 1), seedBot('bot-two', 2)];
    expect((await actorsSeenBy(first)).get('api')).toBeUndefined();
    expect((await actorsSeenBy(second)).get('api')).toBe('demo-bot-1');
  });

  it('of two that were made at the same time one acts', async () => {
    const [first, second] = [seedBot('bot', 1), seedBot('bot-two', 1)];
    const seen = [(await actorsSeenBy(first)).get('api'), (await actorsSeenBy(second)).get('api')];
    expect(seen.filter((actor) => actor === undefined)).toHaveLength(1);
  });

  it('one of another project counts where its PROJECTS meet ours, and only there', async () => {
    seedBot('bot', 1, { name: 'ops-bot-1', labels: { ...image, ...inProject('ops') }, env: ['PROJECTS=shop, blog'] });
    const seen = await actorsSeenBy(seedBot('bot', 2), ['shop']);
    expect([seen.get('api'), seen.get('shop/api')]).toEqual([undefined, 'ops-bot-1']);
  });

  it('one that asks for another label than the target has does not count', async () => {
    const bot = seedBot('bot', 2);
    seedBot('other', 1, { env: ['OPT_IN_LABEL=autoheal'] });
    seedService(engine, 'web', { labels: { 'self-healing.enable': 'no', autoheal: 'true' } });
    const seen = await actorsSeenBy(bot);
    expect([seen.get('api'), seen.get('web')]).toEqual(['demo-other-1', undefined]);
  });

  it('an image of one’s own counts by the label self-healing.role=bot', async () => {
    seedBot('mine', 1, { labels: { 'self-healing.role': 'bot' }, entrypoint: ['/start'] });
    expect((await actorsSeenBy(seedBot('bot', 2))).get('api')).toBe('demo-mine-1');
  });

  it.each<[string, Parameters<typeof seedBot>[2]]>([
    ['its agent', { args: ['agent'] }],
    ['one of its commands', { args: ['doctor'] }],
    ['a shell in its image', { entrypoint: ['sleep', '1000'] }],
    ['a bot whose agent holds the socket', { env: ['RUNTIME=agent'] }],
    ['a rehearsal', { env: ['RUNTIME=dry-run'] }],
    ['a bot of another engine', { env: ['DOCKER_HOST=tcp://elsewhere:2376'] }],
    ['a bot of another project', { labels: { ...image, 'com.docker.compose.project': 'ops' } }],
  ])('%s never keeps the only bot from its work', async (_, overrides) => {
    seedBot('other', 1, overrides);
    expect((await actorsSeenBy(seedBot('bot', 2))).get('api')).toBeUndefined();
  });

  it.each<[string, (bot: FakeContainer) => void]>([
    ['has ended', (bot) => engine.people.dockerStop(bot)],
    ['is paused', (bot) => engine.people.dockerPause(bot)],
    ['is unhealthy', (bot) => engine.people.turn(bot, 'unhealthy')],
  ])('an older one that %s does not count', async (_, change) => {
    change(seedBot('other', 1));
    expect((await actorsSeenBy(seedBot('bot', 2))).get('api')).toBeUndefined();
  });

  it('a list that is refused keeps nobody from the work', async () => {
    seedBot('other', 1);
    const bot = seedBot('bot', 2);
    engine.fail({ on: /GET \/(v[\d.]+\/)?containers\/json\?all=(true|1)$/, how: 403 });
    const seen = await actorsSeenBy(bot);
    expect([seen.has('api'), seen.get('api')]).toEqual([true, undefined]);
  });
});
