import { createServer, type Server } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import { createLogger } from '@stack/service-kit/logger';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createActionRegistry } from '../../src/runtime/agent/action-registry.ts';
import { createAgentApp } from '../../src/runtime/agent/agent-app.ts';
import { createAgentRuntime } from '../../src/runtime/agent/agent-runtime.ts';
import { RuntimeUnavailable } from '../../src/runtime/runtime.ts';
import { token } from './agent-world.ts';
import { createFakeWorld, createLeapingClock } from './fake-world.ts';

const logger = createLogger({ service: 'agent', level: 'silent' });
const options = { healthTimeoutMs: 10_000 };

/** A bot and its agent with a line between them that breaks on demand. */
describe('a line that breaks', () => {
  let world: Awaited<ReturnType<typeof createFakeWorld>>;
  let server: Server;
  let url: string;
  let breakOn: (call: string) => 'before' | 'after' | undefined;
  let registry: ReturnType<typeof createActionRegistry>;
  beforeEach(async () => {
    world = await createFakeWorld();
    breakOn = () => undefined;
    registry = createActionRegistry();
    server = createServer((req, res) => {
      const how = breakOn(`${req.method} ${req.url}`);
      if (how === 'before') return void req.socket.destroy();
      if (how === 'after') res.end = (() => res.destroy()) as never;
      createAgentApp({ runtime: world.runtime, policy: { maxReplicas: 3 }, token, logger, registry })(req, res);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await world.stop(); // first: what still hangs on the engine ends
    await registry.stop();
  });

  const restart = (more: object = {}) =>
    createAgentRuntime({ url, token, ...more }, { clock: createLeapingClock() }).restart(
      { service: 'worker' },
      options,
    );
  const restarts = () => world.engine.events.filter((event) => event.startsWith('restart'));

  it('after the request arrived costs nothing: the action is followed, not repeated', async () => {
    breakOn = (call) => (call.startsWith('POST') ? 'after' : undefined);
    expect(await restart()).toMatchObject({ ok: true });
    expect(restarts()).toHaveLength(1);
  });

  it('before the request arrived leaves it unknown, and nothing happened', async () => {
    breakOn = (call) => (call.startsWith('POST') ? 'before' : undefined);
    await expect(restart()).rejects.toThrow(/404.*never arrived, or the agent was restarted/);
    expect(restarts()).toEqual([]);
  });

  it('in the middle is waited out', async () => {
    let broken = 2;
    breakOn = (call) => (call.startsWith('GET') && broken-- > 0 ? 'after' : undefined);
    expect(await restart()).toMatchObject({ ok: true });
    expect(restarts()).toHaveLength(1);
  });

  it('for good leaves it unknown', async () => {
    breakOn = (call) => (call.startsWith('GET') ? 'before' : undefined);
    await expect(restart({ lostContactMs: 50 })).rejects.toThrow(RuntimeUnavailable);
    await expect.poll(restarts).toHaveLength(1);
  });

  it('because the agent was restarted leaves it unknown, and asks for nothing again', async () => {
    breakOn = (call) => {
      if (call.startsWith('GET')) registry = createActionRegistry();
      return undefined;
    };
    await expect(restart()).rejects.toThrow(/the agent was restarted/);
    expect(restarts().length).toBeLessThanOrEqual(1);
  });

  it.each(['http://127.0.0.1:1', 'unix:///nowhere/agent.sock'])(
    'because there is no agent (%s) fails at once',
    async (nowhere) => {
      const runtime = createAgentRuntime({ url: nowhere, token });
      await expect(runtime.restart({ service: 'worker' }, options)).rejects.toThrow(/ECONNREFUSED|ENOENT/);
      await expect(runtime.observe()).rejects.toThrow(RuntimeUnavailable);
    },
  );

  it('never ends when the agent hangs: the call does', async () => {
    const hanging = createNetServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => hanging.once('listening', resolve));
    const runtime = createAgentRuntime({
      url: `http://127.0.0.1:${(hanging.address() as { port: number }).port}`,
      callTimeoutMs: 50,
    });
    await expect(runtime.observe()).rejects.toThrow(/nothing within 50 ms/);
    hanging.close();
  });

  it.each(['not json', '{"project":1}', '{"project":"x","observedAt":1,"services":{"a":{"optedIn":"yes"}}}'])(
    'with somebody else at its end (%j) is not believed',
    async (body) => {
      const other = createServer((_req, res) => res.end(body)).listen(0, '127.0.0.1');
      await new Promise((resolve) => other.once('listening', resolve));
      const runtime = createAgentRuntime({ url: `http://127.0.0.1:${(other.address() as { port: number }).port}` });
      await expect(runtime.observe()).rejects.toThrow(/not understood/);
      other.close();
    },
  );
});
