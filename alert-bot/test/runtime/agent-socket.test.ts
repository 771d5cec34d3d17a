import { access, chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@stack/service-kit/logger';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAgentRuntime } from '../../src/runtime/agent/agent-runtime.ts';
import { createAgentService } from '../../src/runtime/agent/agent-service.ts';
import { token } from './agent-world.ts';
import { createFakeWorld } from './fake-world.ts';

const logger = createLogger({ service: 'agent', level: 'silent' });

describe('the agent on a unix socket', () => {
  let directory: string;
  let socketPath: string;
  let world: Awaited<ReturnType<typeof createFakeWorld>>;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'agent-'));
    socketPath = join(directory, 'agent.sock');
    world = await createFakeWorld();
  });
  afterEach(async () => {
    await world.stop();
    await rm(directory, { recursive: true });
  });

  const createService = () =>
    createAgentService({ runtime: world.runtime, policy: { maxReplicas: 3 }, token, listen: { socketPath }, logger });

  it('is reachable for its own user only, and gone when the agent has stopped', async () => {
    const service = createService();
    await service.start();
    expect(service.url).toBe(`unix://${socketPath}`);
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    await createAgentRuntime({ url: service.url ?? '', token }).ping();
    expect(await service.stop()).toEqual([]);
    await expect(access(socketPath)).rejects.toThrow(/ENOENT/);
  });

  it('takes the place of an agent that was killed, never of one that lives', async () => {
    const first = createService();
    await first.start();
    await expect(createService().start()).rejects.toThrow(/EADDRINUSE/);
    await first.stop();
    await leaveDeadSocket(socketPath);
    const second = createService();
    await second.start();
    await second.stop();
  });
});

/** What a killed process leaves behind: a socket file with nobody behind it. */
async function leaveDeadSocket(path: string): Promise<void> {
  const { link } = await import('node:fs/promises');
  const server = createNetServer().listen(`${path}.tmp`);
  await new Promise((resolve) => server.once('listening', resolve));
  await link(`${path}.tmp`, path);
  await chmod(path, 0o600);
  await new Promise((resolve) => server.close(resolve));
}
