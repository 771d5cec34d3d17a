import { createServer, type Server } from 'node:http';
import { createLogger } from '@stack/service-kit/logger';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createActionBudget } from '../../src/runtime/agent/action-budget.ts';
import { createAgentApp } from '../../src/runtime/agent/agent-app.ts';
import { createAgentRuntime } from '../../src/runtime/agent/agent-runtime.ts';
import type { AgentPolicy } from '../../src/runtime/agent/check-policy.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import type { FakeContainer } from './fake-container.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, seedService } from './fake-world.ts';

const options = { healthTimeoutMs: 10_000 };

describe('an agent whose caller was taken over', () => {
  let engine: FakeEngine;
  let server: Server;
  let url: string;
  const listen = async (policy: AgentPolicy = { maxReplicas: 5 }): Promise<Runtime> => {
    const logger = createLogger({ service: 'agent', level: 'silent' });
    const app = createAgentApp({ runtime: createFakeRuntime(engine), policy, logger });
    server = createServer((req, res) => app(req, res)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    return createAgentRuntime({ url });
  };
  beforeEach(async () => {
    engine = await startFakeEngine();
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await engine.stop();
  });

  it('hands out evidence of what it may repair only', async () => {
    const log = { log: ['a line'] };
    seedService(engine, 'api', {}, log);
    seedService(engine, 'db', {}, log);
    seedService(engine, 'store', { config: { Image: 'postgres:18' } }, log);
    seedService(engine, 'grafana', { labels: { 'self-healing.enable': 'false' } }, log);
    const agent = await listen();
    expect((await agent.evidence('api')).replicas).toHaveLength(1);
    for (const service of ['db', 'store', 'grafana', 'constructor'])
      expect((await agent.evidence(service)).replicas).toEqual([]);
  });

  it('does not say where things are that it may not repair, nor the variables of any', async () => {
    seedService(engine, 'api');
    seedService(engine, 'db');
    const { services } = await (await listen()).observe();
    expect(services.get('api')?.replicas[0]).toMatchObject({ addresses: [expect.anything(), expect.anything()] });
    expect(services.get('db')?.replicas[0]).toMatchObject({ name: 'demo-db-1', addresses: [] });
    expect(services.get('db')?.replicas[0]).not.toHaveProperty('names');
    expect(JSON.stringify([...services])).not.toContain('hunter2');
  });

  it('acts on so many replicas in an hour and no more, and says that it may be tried later', async () => {
    seedService(engine, 'api');
    const agent = await listen({ maxReplicas: 5, maxActionsPerHour: 4 });
    expect(await agent.restart({ service: 'api' }, options)).toMatchObject({ ok: true });
    expect(await agent.scale({ service: 'api' }, { from: 1, to: 3 }, options)).toMatchObject({ ok: true });
    const done = [...engine.events];
    const refused = await agent.restart({ service: 'api' }, options);
    expect(refused).toMatchObject({ ok: false, code: 'out_of_bounds', retryable: true });
    expect(JSON.stringify(refused)).toMatch(/1 replica actions left .*AGENT_MAX_ACTIONS_PER_HOUR.* takes 3/);
    expect(engine.events).toEqual(done);
  });

  it('does not count what was refused before anything was begun', async () => {
    seedService(engine, 'api', { name: 'the-one' });
    const agent = await listen({ maxReplicas: 5, maxActionsPerHour: 1 });
    for (let n = 0; n < 3; n += 1)
      expect(await agent.scale({ service: 'api' }, { from: 1, to: 2 }, options)).toMatchObject({
        code: 'not_scalable',
      });
    expect(await agent.restart({ service: 'api' }, options)).toMatchObject({ ok: true });
  });

  it.each<[string, (container: FakeContainer) => void, string]>([
    ['a person stopped', (container) => engine.people.dockerStop(container), 'held_by_person'],
    ['a person paused', (container) => engine.people.dockerPause(container), 'held_by_person'],
    ['compose is removing', (container) => Object.assign(container.State, { Status: 'removing' }), 'changing'],
  ])('leaves alone what %s', async (_, change, code) => {
    change(seedService(engine, 'api'));
    const agent = await listen();
    expect(await agent.restart({ service: 'api' }, options)).toMatchObject({ ok: false, code, retryable: true });
    expect(await agent.scale({ service: 'api' }, { from: 1, to: 2 }, options)).toMatchObject({ ok: false, code });
    expect(engine.events).toEqual([]);
  });

  it('repairs what a person holds only when it was told that it may, and its caller asks for it', async () => {
    engine.people.dockerPause(seedService(engine, 'api'));
    const asked = { ...options, includeHeld: true };
    const strict = await listen();
    expect(await strict.restart({ service: 'api' }, asked)).toMatchObject({ ok: false, code: 'held_by_person' });
    server.close();
    const lenient = await listen({ maxReplicas: 5, repairsHeld: true });
    expect(await lenient.restart({ service: 'api' }, options)).toMatchObject({ ok: false, code: 'held_by_person' });
    expect(await lenient.restart({ service: 'api' }, asked)).toMatchObject({ ok: true });
  });

  it('removes no replica that it did not add', async () => {
    for (const number of [1, 2, 3]) seedService(engine, 'api', { number });
    const agent = await listen();
    expect(await agent.scale({ service: 'api' }, { from: 3, to: 1 }, options)).toMatchObject({ code: 'conflict' });
    expect(engine.events).toEqual([]);
  });

  it('scales from what is there when it is not told from where', async () => {
    seedService(engine, 'api');
    await listen();
    const body = JSON.stringify({ id: crypto.randomUUID(), service: 'api', to: 2, healthTimeoutMs: 10_000 });
    const headers = { 'content-type': 'application/json' };
    const begun = await fetch(`${url}/v2/scale`, { method: 'POST', headers, body });
    const { id } = (await begun.json()) as { id: string };
    const ended = await fetch(`${url}/v2/actions/${id}?waitMs=5000&afterStep=99`);
    expect(await ended.json()).toMatchObject({ state: 'done', result: { ok: true } });
    expect(engine.state.containers).toHaveLength(2);
  });
});

describe('the budget of an agent', () => {
  it('comes back an hour after it was spent', () => {
    let now = 0;
    const budget = createActionBudget(3, () => now);
    expect([budget.take(2), budget.take(2), budget.take(1), budget.take(1)]).toEqual([true, false, true, false]);
    now = 3_600_000;
    expect([budget.left(), budget.take(3)]).toEqual([3, true]);
  });
});
