import { join } from 'node:path';
import { createLogger } from '@stack/service-kit/logger';
import { createAgentRuntime } from '../../src/runtime/agent/agent-runtime.ts';
import { createAgentService } from '../../src/runtime/agent/agent-service.ts';
import type { ContractWorld } from '../runtime-contract.ts';

export const token = 'a-token-of-the-tests';

/** The same world behind an agent: client → HTTP → agent → the world's own runtime. */
export async function behindAgent<World extends ContractWorld>(world: World, directory?: string): Promise<World> {
  const listen = directory ? { socketPath: join(directory, 'agent.sock') } : { host: '127.0.0.1', port: 0 };
  const logger = createLogger({ service: 'agent', level: 'silent' });
  const service = createAgentService({ runtime: world.runtime, policy: { maxReplicas: 5 }, token, listen, logger });
  await service.start();
  const runtime = createAgentRuntime({ url: service.url?.replace('localhost', '127.0.0.1') ?? '', token });
  const stop = async () => {
    await service.stop();
    await world.stop();
  };
  return { ...world, runtime, stop };
}
