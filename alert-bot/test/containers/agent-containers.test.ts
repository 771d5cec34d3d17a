import { createLogger } from '@stack/service-kit/logger';
import { eventually } from '@stack/test-kit/eventually';
import { afterEach, expect, it } from 'vitest';
import { createAgentRuntime } from '../../src/runtime/agent/agent-runtime.ts';
import { createAgentService } from '../../src/runtime/agent/agent-service.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { startFakeEngine } from '../runtime/fake-engine.ts';
import { createFakeRuntime, seedService } from '../runtime/fake-world.ts';

const token = 'sixteen-letters-or-more';
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

async function useAgent(containerMetricsIntervalMs: number) {
  const engine = await startFakeEngine();
  cleanUp.push(() => engine.stop());
  seedService(engine, 'web');
  const agent = createAgentService({
    runtime: createFakeRuntime(engine),
    policy: { maxReplicas: 3 },
    token,
    containerMetricsIntervalMs,
    listen: { host: '127.0.0.1', port: 0 },
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  await agent.start();
  cleanUp.push(() => agent.stop());
  const url = agent.url as string;
  return { engine, url, metrics: async () => (await fetch(`${url}/metrics`)).text() };
}

const looks = (runtime: Runtime) => runtime.meter?.look(AbortSignal.timeout(5_000));

it('the agent exports the containers that it holds the socket of, and asks Prometheus for no token', async () => {
  const { metrics } = await useAgent(50);
  await eventually(async () =>
    expect(await metrics()).toContain(
      'container_memory_working_set_bytes{project="demo",service="web",replica="demo-web-1"} 83886080',
    ),
  );
});

it('the bot reads the same samples from its agent, with the token only', async () => {
  const { url } = await useAgent(50);
  const runtime = createAgentRuntime({ url, token });
  await eventually(async () => {
    const [sample] = (await looks(runtime))?.samples ?? [];
    expect(sample).toMatchObject({ project: 'demo', service: 'web', replica: 'demo-web-1', state: 'running' });
    expect(sample?.usage?.memoryLimitBytes).toBe(1 << 27);
  });
  const stranger = createAgentRuntime({ url, token: 'another-token-altogether' });
  await expect(looks(stranger)).rejects.toThrow('401');
});

it('an interval of 0 measures nothing', async () => {
  const { engine, metrics } = await useAgent(0);
  expect(await metrics()).not.toContain('container_');
  expect(engine.requests).toEqual([]);
});
