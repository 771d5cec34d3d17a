import { type AddressInfo, connect, createServer } from 'node:net';
import { createLogger } from '@stack/service-kit/logger';
import { eventually } from '@stack/test-kit/eventually';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createAgentRuntime } from '../../src/runtime/agent/agent-runtime.ts';
import { type AgentService, createAgentService } from '../../src/runtime/agent/agent-service.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import type { WatchItem } from '../../src/runtime/watch.ts';
import type { FakeContainer } from './fake-container.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, seedService } from './fake-world.ts';

const token = 'a-token-of-the-tests';

describe('watching the containers through an agent', () => {
  let engine: FakeEngine;
  let agent: AgentService;
  let api: FakeContainer;
  let items: WatchItem[];
  /** Between bot and agent. */
  let line: { port: number; isCut: boolean; cut(): void };

  const startAgent = async (runtime: Runtime, port = 0) => {
    agent = createAgentService({
      ...{ runtime, policy: { maxReplicas: 5 }, token, listen: { host: '127.0.0.1', port } },
      logger: createLogger({ service: 'agent', level: 'silent' }),
    });
    await agent.start();
  };
  beforeEach(async () => {
    engine = await startFakeEngine();
    api = seedService(engine, 'api');
    await startAgent(createFakeRuntime(engine));
    line = await startLine(() => Number(new URL(agent.url ?? '').port));
    items = [];
  });
  afterEach(async () => {
    await agent.stop();
    await engine.stop();
  });

  async function watch(): Promise<void> {
    const ending = new AbortController();
    onTestFinished(() => ending.abort());
    const runtime = createAgentRuntime({ url: `http://127.0.0.1:${line.port}`, token });
    for await (const item of (runtime.watch as NonNullable<Runtime['watch']>)(ending.signal)) items.push(item);
  }
  const told = () => items.flatMap((item) => (item.type === 'event' ? [item.action] : []));
  const isListed = () => eventually(() => expect(items.map(({ type }) => type)).toContain('list'));

  it('tells a list, and then events as they happen', async () => {
    void watch();
    await isListed();
    const [first] = items;
    expect(first).toMatchObject({ type: 'list', containers: [{ name: 'demo-api-1', project: 'demo', optedIn: true }] });
    engine.people.turn(api, 'unhealthy');
    engine.people.dockerStop(api);
    await eventually(() => expect(told().slice(-4)).toEqual(['unhealthy', 'kill', 'stop', 'die']));
    expect(items.at(-1)).toMatchObject({ container: { state: 'down' }, exitCode: 143 });
  });

  it('resumes where it was after a lost connection: nothing is missed and nothing comes twice', async () => {
    void watch();
    await isListed();
    engine.people.turn(api, 'unhealthy');
    await eventually(() => expect(told()).toContain('unhealthy'));
    const before = told().length;
    line.cut();
    engine.people.turn(api, 'healthy');
    engine.people.crashAndRestart(api);
    line.isCut = false;
    await eventually(() => expect(told().slice(before)).toEqual(['healthy', 'die', 'start']), { timeoutMs: 15_000 });
    expect(items.filter(({ type }) => type === 'list')).toHaveLength(1);
  });

  it('of an agent that was restarted a list says what happened meanwhile', async () => {
    void watch();
    await isListed();
    const port = Number(new URL(agent.url ?? '').port);
    await agent.stop();
    engine.people.turn(api, 'unhealthy');
    await startAgent(createFakeRuntime(engine), port);
    await eventually(
      () => expect(items.at(-1)).toMatchObject({ type: 'list', containers: [{ health: 'unhealthy' }] }),
      { timeoutMs: 15_000 },
    );
  });

  it('an agent that is away for long is said once, and a list follows', async () => {
    void watch();
    await isListed();
    line.cut();
    await eventually(() => expect(items.at(-1)?.type).toBe('lost'), { timeoutMs: 15_000 });
    line.isCut = false;
    await eventually(() => expect(items.at(-1)?.type).toBe('list'), { timeoutMs: 15_000 });
    expect(items.filter(({ type }) => type === 'lost')).toHaveLength(1);
  });

  it('ends when the agent cannot tell', async () => {
    await agent.stop();
    const { watch: _, ...blind } = createFakeRuntime(engine);
    await startAgent(blind);
    await watch();
    expect(items).toEqual([]);
  });

  it('asks for the token like everything else', async () => {
    expect((await fetch(`${agent.url}/v2/watch`)).status).toBe(401);
  });
});

/** A TCP line that can be cut and mended. */
async function startLine(port: () => number) {
  const ends = new Set<{ destroy(): void }>();
  const line = {
    port: 0,
    isCut: false,
    cut: () => {
      line.isCut = true;
      for (const end of ends) end.destroy();
    },
  };
  const server = createServer((socket) => {
    if (line.isCut) return void socket.destroy();
    const other = connect(port(), '127.0.0.1');
    for (const end of [socket, other]) {
      ends.add(end);
      end.on('error', () => undefined);
      end.on('close', () => void ends.delete(end));
    }
    socket.pipe(other).pipe(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  line.port = (server.address() as AddressInfo).port;
  onTestFinished(() => {
    line.cut();
    server.close();
  });
  return line;
}
