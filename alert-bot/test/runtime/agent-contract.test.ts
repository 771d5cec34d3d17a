import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeRuntimeContract } from '../runtime-contract.ts';
import { behindAgent } from './agent-world.ts';
import { createFakeWorld } from './fake-world.ts';

describeRuntimeContract('the Docker runtime behind an agent on TCP', async () => behindAgent(await createFakeWorld()));

describeRuntimeContract('the Docker runtime behind an agent on a unix socket', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'agent-'));
  const world = await behindAgent(await createFakeWorld(), directory);
  const stop = async () => {
    await world.stop();
    await rm(directory, { recursive: true });
  };
  return { ...world, stop };
});
