import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createContainer, defaultBehaviour, stopContainer } from '../runtime/fake-container.ts';
import { type FakeEngine, startFakeEngine } from '../runtime/fake-engine.ts';
import { composeBody, seedService } from '../runtime/fake-world.ts';
import { tempDir } from '../support/temp-dir.ts';

// What ships, over HTTP, before an engine: inputs that were answered wrongly once.

const startsAt = '2026-11-25T07:00:00Z';
const unlessStopped = { host: { RestartPolicy: { Name: 'unless-stopped' } } };
type Labels = Record<string, string>;
interface Result {
  decision: string;
  reason: string;
  action?: Labels;
}

interface Shipped {
  bot: SpawnedService;
  engine: FakeEngine;
  deliver(body: unknown): Promise<Response>;
  /** Delivers one firing alert; the result of the first. */
  fire(labels: Labels, more?: object): Promise<Result>;
  log(): { type: string; [key: string]: unknown }[];
}

async function shipped(seed: (engine: FakeEngine) => void, env: Record<string, string> = {}): Promise<Shipped> {
  const folder = await tempDir();
  const engine = await startFakeEngine();
  onTestFinished(() => engine.stop());
  seed(engine);
  const path = join(folder, 'incident_log.jsonl');
  const bot = await spawnService('alert-bot', {
    DOCKER_HOST: engine.dockerHost,
    COMPOSE_PROJECT: 'demo',
    INCIDENT_LOG_PATH: path,
    RUNBOOKS_PATH: resolve(import.meta.dirname, 'seconds.yml'),
    ...env,
  });
  onTestFinished(async () => void (await bot.stop()));
  const deliver = (body: unknown) =>
    fetch(`${bot.url}/alert`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const log = () =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const fire = async (labels: Labels, more: object = {}) => {
    const answer = await deliver({ alerts: [{ labels, startsAt, ...more }] });
    expect(answer.status).toBe(202);
    return ((await answer.json()) as { results: [Result] }).results[0];
  };
  return { bot, engine, deliver, fire, log };
}

const actionsOf = ({ engine }: Shipped) =>
  engine.events.filter((event) => /^(restart|start|stop|create|remove)/.test(event));
const api = (engine: FakeEngine) => void seedService(engine, 'api');

describe('a delivery', () => {
  it('with one odd alert: the others are acted on, and the odd one is taken or listed', async () => {
    const world = await shipped(api);
    const odd = { labels: { alertname: 'SlowQuery', query: 'q'.repeat(5_000) }, startsAt };
    const answer = await world.deliver({ alerts: [{ labels: { alertname: 'APIDown' }, startsAt }, odd, 7] });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ results: [{ decision: 'act' }, { reason: 'no_runbook' }] });
  });

  it.each([
    ['at the root only', { status: 'resolved', version: '4' }, {}],
    ['by an end in the past only', {}, { endsAt: '2026-11-25T06:59:00Z' }],
  ])('that says resolved %s restarts nothing', async (_name, root, alert) => {
    const world = await shipped(api);
    const past = { labels: { alertname: 'APIHighLatency' }, startsAt: '2026-11-25T06:50:00Z', ...alert };
    const answer = await world.deliver({ ...root, alerts: [past] });
    expect(await answer.json()).toMatchObject({ results: [{ decision: 'skip', reason: 'resolved' }] });
    expect(actionsOf(world)).toEqual([]);
  });

  it('of a resolved with another start ends the open episode', async () => {
    const world = await shipped(api);
    const common = { labels: { alertname: 'APIHighLatency' }, fingerprint: 'c6eadffa33fcdf37' };
    await world.deliver({
      alerts: [{ ...common, startsAt: '2026-11-25T07:00:00.123+02:00', endsAt: '0001-01-01T00:00:00Z' }],
    });
    await eventually(() => expect(world.log().map(({ type }) => type)).toContain('acted'));
    const end = '2026-11-25T05:01:00Z';
    await world.deliver({ alerts: [{ ...common, status: 'resolved', startsAt: end, endsAt: end }] });
    await eventually(() =>
      expect(world.log()).toContainEqual(expect.objectContaining({ type: 'verified', outcome: 'healed' })),
    );
    expect(world.log().filter(({ type }) => type === 'received')).toHaveLength(1);
    expect(actionsOf(world)).toEqual(['restart demo-api-1']);
  });
});

describe.each([
  ['an engine that tells what happened', false],
  ['an engine or proxy without events', true],
])('before %s', (_name, silent) => {
  const quiet = (engine: FakeEngine) => silent && engine.fail({ on: /GET \/(v[\d.]+\/)?events/, how: 404 });

  it('a container that compose has created and not started yet is not touched', async () => {
    const world = await shipped((engine) => {
      quiet(engine);
      engine.state.containers.push(createContainer('demo-api-1', composeBody('api'), 'sha256:one', defaultBehaviour));
    });
    expect(await world.fire({ alertname: 'APIDown' })).toMatchObject({ decision: 'skip', reason: 'changing' });
    expect(actionsOf(world)).toEqual([]);
  });

  it('a container that a person stopped is left alone', async () => {
    const world = await shipped((engine) => {
      quiet(engine);
      stopContainer(seedService(engine, 'api', unlessStopped));
    });
    expect(await world.fire({ alertname: 'APIDown' })).toMatchObject({ reason: 'held_by_person' });
    expect(actionsOf(world)).toEqual([]);
  });

  it('a worker that a person stopped is not started by a scaling', async () => {
    const world = await shipped((engine) => {
      quiet(engine);
      seedService(engine, 'worker', unlessStopped);
      stopContainer(seedService(engine, 'worker', { ...unlessStopped, number: 2 }));
    });
    expect(await world.fire({ alertname: 'WorkerBacklogHigh' })).toMatchObject({ reason: 'held_by_person' });
    expect(actionsOf(world)).toEqual([]);
  });

  it('a crashed container that nothing starts again is healed', async () => {
    const world = await shipped((engine) => {
      quiet(engine);
      stopContainer(seedService(engine, 'api', { host: { RestartPolicy: { Name: 'no' } } }), 1);
    });
    expect(await world.fire({ alertname: 'APIDown' })).toMatchObject({ decision: 'act' });
    await eventually(() => expect(actionsOf(world)).toEqual(['restart demo-api-1']));
  });
});

describe('the replica that an alert names', () => {
  it.each([
    ['by its name', () => 'demo-worker-2:8001'],
    ['by an address in an URL', (address: string) => `http://${address}:8001/metrics`],
    ['by a mapped address', (address: string) => `[::ffff:${address}]:8001`],
    ['by its short id', (_address: string, id: string) => `${id.slice(0, 12)}:8001`],
  ])('%s is restarted, and no other', async (_name, instanceOf) => {
    const world = await shipped((engine) => {
      seedService(engine, 'worker');
      seedService(engine, 'worker', { number: 2 });
    });
    const worker = world.engine.state.containers.find(({ Name }) => Name === '/demo-worker-2');
    const [network] = Object.values(worker?.NetworkSettings.Networks ?? {});
    const instance = instanceOf(network?.IPAddress ?? '', worker?.Id ?? '');
    expect(await world.fire({ alertname: 'WorkerStalled', instance })).toMatchObject({ decision: 'act' });
    await eventually(() => expect(actionsOf(world)).toEqual(['restart demo-worker-2']));
  });
});

describe('a runbook', () => {
  it('for a service called constructor that is not there finds nothing', async () => {
    const world = await shipped(api);
    expect(await world.fire({ alertname: 'ConstructorDown' })).toMatchObject({ reason: 'target_missing' });
    expect(await world.fire({ alertname: 'Other', constructor: 'x', toString: 'y' })).toMatchObject({
      reason: 'no_runbook',
    });
  });
});

describe('an engine that answers 404 to a restart', () => {
  const refusing = async () => {
    const world = await shipped((engine) => {
      api(engine);
      engine.fail({ on: /POST .*\/restart/, how: 404, times: 1 });
    });
    await world.fire({ alertname: 'APIDown' });
    await eventually(() => expect(world.engine.requests.some(({ url }) => url.includes('/restart'))).toBe(true));
    return world;
  };

  it('because compose has replaced the container meanwhile: that is a restart, and no failed attempt', async () => {
    const world = await refusing();
    world.engine.state.containers = [];
    const successor = seedService(world.engine, 'api');
    await eventually(() => expect(world.log().find(({ type }) => type === 'acted')).toMatchObject({ ok: true }));
    expect(world.log().find(({ type }) => type === 'acted')?.['after']).toMatchObject([{ id: successor.Id }]);
    expect(actionsOf(world)).toEqual([]);
  });

  it('and lists the container all the same: somebody is at it, looked at again, no failed attempt', async () => {
    const world = await refusing();
    await eventually(() =>
      expect(world.log().some(({ type, reason }) => type === 'decided' && reason === 'changing')).toBe(true),
    );
    expect(world.log().some(({ type }) => type === 'acted' || type === 'verified')).toBe(false);
  });
});
