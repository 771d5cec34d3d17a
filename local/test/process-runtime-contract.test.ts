import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { behindAgent } from '../../alert-bot/test/runtime/agent-world.ts';
import { describeRuntimeContract } from '../../alert-bot/test/runtime-contract.ts';
import { createProcessWorld } from './support/process-world.ts';

describeRuntimeContract('the runtime of local processes', createProcessWorld);

describeRuntimeContract('the runtime of local processes behind the agent on a unix socket', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'local-agent-'));
  const world = await behindAgent(await createProcessWorld(), directory);
  const stop = async () => {
    await world.stop();
    await rm(directory, { recursive: true });
  };
  return { ...world, stop };
});
