import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FakeContainer } from '../runtime/fake-container.ts';
import { type FakeEngine, startFakeEngine } from '../runtime/fake-engine.ts';
import { composeBody, seedService } from '../runtime/fake-world.ts';
import { tempDir } from '../support/temp-dir.ts';

// What ships, over HTTP, before an engine that tells events, with neither Prometheus nor Alertmanager.

interface Line {
  type: string;
  [key: string]: unknown;
}

interface Shipped {
  bot: SpawnedService;
  engine: FakeEngine;
  api: FakeContainer;
  log(): Line[];
  types(): string[];
  restarted(): Promise<void>;
}

async function shipped(env: Record<string, string> = {}, labels: Record<string, string> = {}): Promise<Shipped> {
  const folder = await tempDir();
  const engine = await startFakeEngine();
  onTestFinished(() => engine.stop());
  const api = seedService(engine, 'api', { labels });
  const path = join(folder, 'incident_log.jsonl');
  const start = async () => {
    const bot = await spawnService('alert-bot', {
      DOCKER_HOST: engine.dockerHost,
      COMPOSE_PROJECT: 'demo',
      INCIDENT_LOG_PATH: path,
      RUNBOOKS_PATH: resolve(import.meta.dirname, 'engine.yml'),
      ...env,
    });
    onTestFinished(async () => void (await bot.stop()));
    await eventually(async () => {
      const { sources } = (await (await fetch(`${bot.url}/status`)).json()) as {
        sources: { source: string; up: boolean }[];
      };
      if (env['ENGINE_ALERTS'] !== 'false') expect(sources).toContainEqual({ source: 'engine', up: true });
    });
    return bot;
  };
  const log = () =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line): Line => JSON.parse(line));
  const world: Shipped = {
    bot: await start(),
    engine,
    api,
    log,
    types: () => log().map(({ type }) => type),
    restarted: async () => {
      await world.bot.stop();
      world.bot = await start();
    },
  };
  return world;
}

const restarts = ({ engine }: Shipped) => engine.events.filter((event) => event.startsWith('restart'));
const heard = (world: Shipped): string[] =>
  world
    .log()
    .filter(({ type }) => type === 'received')
    .map((line) => (line as unknown as { alert: { labels: { container: string } } }).alert.labels.container);

/** What happened before this has been heard once this has: events come in their order. */
async function heardAfterwards(world: Shipped): Promise<void> {
  const canary = seedService(world.engine, 'canary', { labels: { 'self-healing.action': 'none' } });
  world.engine.people.turn(canary, 'unhealthy');
  await eventually(() => expect(heard(world)).toContain('demo-canary-1'));
}

describe('a container that turns unhealthy', () => {
  it('is restarted, and counts as healed once it has been healthy for the hold time', async () => {
    const world = await shipped();
    const before = Date.now();
    world.engine.people.turn(world.api, 'unhealthy');
    await eventually(() =>
      expect(world.log()).toContainEqual(expect.objectContaining({ type: 'verified', outcome: 'healed' })),
    );
    expect(restarts(world)).toEqual(['restart demo-api-1']);
    const received = world.log().find(({ type }) => type === 'received') as unknown as {
      alert: { labels: object; startsAt: string };
    };
    expect(received.alert.labels).toEqual({
      ...{ alertname: 'ContainerUnhealthy', severity: 'critical', project: 'demo', service: 'api' },
      ...{ container: 'demo-api-1', instance: 'demo-api-1' },
    });
    expect(Date.parse(received.alert.startsAt)).toBeGreaterThanOrEqual(before - 1);
    await eventually(() => expect(world.types()).toContain('resolved'));
    expect(world.types().filter((type) => type === 'received')).toHaveLength(1);
  });

  it('and stays unhealthy after each restart ends in quarantine, with one call for a person', async () => {
    const world = await shipped();
    world.api.behaviour.healthyAfter = 'never';
    world.engine.people.turn(world.api, 'unhealthy');
    await eventually(() => expect(world.types()).toContain('quarantined'), { timeoutMs: 20_000 });
    expect(restarts(world)).toHaveLength(3);
    await heardAfterwards(world);
    expect(world.types().filter((type) => type === 'escalated')).toHaveLength(1);
    expect(heard(world)).toEqual(['demo-api-1', 'demo-canary-1']);
  });

  it('is one alert however long its restarts take, and no person is said to have stopped it', async () => {
    const world = await shipped();
    world.api.behaviour = { ...world.api.behaviour, healthyAfter: 'never', downForMs: 150 };
    world.engine.people.turn(world.api, 'unhealthy');
    await eventually(() => expect(world.types()).toContain('quarantined'), { timeoutMs: 20_000 });
    await heardAfterwards(world);
    expect(world.types()).not.toContain('resolved');
    expect(heard(world)).toEqual(['demo-api-1', 'demo-canary-1']);
  });

  it('while the bot was down is restarted after its start, and one that got well meanwhile is over', async () => {
    const world = await shipped();
    await world.bot.stop();
    world.engine.people.turn(world.api, 'unhealthy');
    await world.restarted();
    await eventually(() => expect(restarts(world)).toEqual(['restart demo-api-1']));
  });
});

describe('what a person does fires nothing:', () => {
  it.each<[string, (world: Shipped) => void]>([
    ['docker stop', ({ engine, api }) => engine.people.dockerStop(api)],
    [
      'docker stop of one whose healthcheck fails while it stops',
      ({ engine, api }) => {
        engine.state.stream?.emit('kill', api, { signal: '15' });
        engine.people.turn(api, 'unhealthy');
        engine.people.dockerStop(api);
      },
    ],
    [
      'docker compose down',
      ({ engine, api }) => {
        engine.people.dockerStop(api);
        engine.people.remove(api);
      },
    ],
  ])('%s', async (_name, act) => {
    const world = await shipped();
    act(world);
    await heardAfterwards(world);
    expect(heard(world)).toEqual(['demo-canary-1']);
    expect(world.engine.events).toEqual([]);
  });

  it('what an updater replaced a moment ago waits, and nothing else does', async () => {
    const world = await shipped();
    world.engine.people.dockerStop(world.api);
    world.engine.people.remove(world.api);
    world.engine.people.turn(seedService(world.engine, 'api'), 'unhealthy');
    await eventually(
      () => expect(world.log()).toContainEqual(expect.objectContaining({ type: 'decided', reason: 'changing' })),
      { timeoutMs: 25_000 },
    );
    expect(world.log().find(({ reason }) => reason === 'changing')?.['detail']).toMatch(
      /a container was replaced \d+ s ago/,
    );
    world.engine.people.turn(seedService(world.engine, 'web'), 'unhealthy');
    await eventually(() => expect(restarts(world)).toEqual(['restart demo-web-1']), { timeoutMs: 25_000 });
  });

  it('ENGINE_ALERTS=false switches the source off', async () => {
    const world = await shipped({ ENGINE_ALERTS: 'false' });
    world.engine.people.turn(world.api, 'unhealthy');
    const { sources } = (await (await fetch(`${world.bot.url}/status`)).json()) as { sources: unknown[] };
    expect(sources).toEqual([]);
    expect(world.types()).toEqual(['started']);
  });
});

describe('a container of another kind', () => {
  it.each<[string, string, Record<string, string>]>([
    ['of another compose project', 'shop-web-1', { 'com.docker.compose.project': 'shop' }],
    [
      'that docker run made',
      'web',
      {
        'com.docker.compose.project': '',
        'com.docker.compose.service': '',
        'com.docker.compose.container-number': '',
        'com.docker.compose.oneoff': '',
        'com.docker.compose.config-hash': '',
      },
    ],
  ])('%s is healed like any other where PROJECTS lets the bot act', async (_name, name, labels) => {
    const world = await shipped({ PROJECTS: '*' });
    const body = composeBody('web', { name, labels });
    for (const [label, value] of Object.entries(labels)) if (value === '') delete body.Labels[label];
    world.engine.people.turn(world.engine.seed(name, body), 'unhealthy');
    // where the alert is faster than the look that finds the new container, it is looked at again
    await eventually(() => expect(restarts(world)).toEqual([`restart ${name}`]), { timeoutMs: 25_000 });
  });
});

describe('what is for a person', () => {
  const calls = (world: Shipped) => world.log().filter(({ type }) => type === 'escalated');

  it('a crash loop is told once, and nothing is restarted', async () => {
    const world = await shipped();
    for (let n = 0; n < 6; n += 1) world.engine.people.crashAndRestart(world.api, 7);
    await eventually(() => expect(calls(world)).toHaveLength(1));
    expect(calls(world)[0]).toMatchObject({ why: 'for_a_person', target: 'api' });
    expect(calls(world)[0]?.['message']).toMatch(/demo-api-1 ended \d times within 10 minutes/);
    await heardAfterwards(world);
    expect(calls(world)).toHaveLength(1);
    expect(restarts(world)).toEqual([]);
  });

  it('a kill for want of memory is told once', async () => {
    const world = await shipped();
    world.engine.people.outOfMemory(world.api);
    world.engine.people.outOfMemory(world.api);
    await eventually(() => expect(calls(world)).toHaveLength(1));
    expect(calls(world)[0]).toMatchObject({ why: 'for_a_person', target: 'api' });
  });

  it('500 containers at once: one decision each, the budget holds, one call says what it is', async () => {
    const world = await shipped();
    const all = Array.from({ length: 500 }, (_, n) => seedService(world.engine, `s${n}`));
    for (const one of all) one.behaviour.healthyAfter = 'never';
    await world.restarted(); // it knows them from its first look
    for (const one of all) world.engine.people.turn(one, 'unhealthy');
    await eventually(() =>
      expect(calls(world).some(({ message }) => /^500 containers/.test(String(message)))).toBe(true),
    );
    await eventually(() => expect(new Set(heard(world)).size).toBe(501));
    const first = world.log().filter(({ type, trigger }) => type === 'decided' && trigger === 'delivery');
    expect(first).toHaveLength(501);
    expect(first.filter(({ decision }) => decision === 'act')).toHaveLength(20);
    await eventually(() => expect(restarts(world).length).toBeGreaterThan(2), { timeoutMs: 20_000 });
    expect(calls(world).filter(({ why }) => why !== 'quarantined')).toHaveLength(1);
  });
});

describe('the words of a container:', () => {
  it('self-healing.action=notify calls a person and does nothing', async () => {
    const world = await shipped({}, { 'self-healing.action': 'notify' });
    world.engine.people.turn(world.api, 'unhealthy');
    await eventually(() =>
      expect(world.log()).toContainEqual(expect.objectContaining({ type: 'escalated', why: 'for_a_person' })),
    );
    expect(world.engine.events).toEqual([]);
  });

  it('self-healing.action=none does nothing at all', async () => {
    const world = await shipped({}, { 'self-healing.action': 'none' });
    world.engine.people.turn(world.api, 'unhealthy');
    await eventually(() => expect(world.log().at(-1)).toMatchObject({ type: 'decided', reason: 'not_opted_in' }));
    expect(world.engine.events).toEqual([]);
  });

  it('self-healing.attempts=1 ends after one attempt, with a call for a person', async () => {
    const world = await shipped({}, { 'self-healing.attempts': '1' });
    world.api.behaviour.healthyAfter = 'never';
    world.engine.people.turn(world.api, 'unhealthy');
    await eventually(() => expect(world.types()).toContain('escalated'));
    expect(world.types()).toContain('quarantined');
    expect(restarts(world)).toHaveLength(1);
  });

  it('what cannot be used is said, and the runbook holds', async () => {
    const labels = { 'self-healing.action': 'reboot', 'self-healing.cooldown': 'soon', 'self-healing.attempts': '0' };
    const world = await shipped({}, labels);
    world.engine.people.turn(world.api, 'unhealthy');
    await eventually(() => expect(restarts(world)).toHaveLength(1));
    const said = world.bot.logs.map(({ msg }) => String(msg)).filter((text) => text.startsWith('the label'));
    expect(said).toEqual([
      'the label self-healing.action="reboot" must be restart, notify or none; what the runbook says holds',
      'the label self-healing.cooldown="soon" must be a duration like 90s, 1m30s or 2h; what the runbook says holds',
      'the label self-healing.attempts="0" must be a whole number from 1 to 20; what the runbook says holds',
    ]);
  });
});
