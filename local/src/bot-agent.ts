import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAgentService } from '@stack/alert-bot/src/runtime/agent/agent-service.ts';
import type { ActionOptions, ActionStep, Runtime } from '@stack/alert-bot/src/runtime/runtime.ts';
import type { Console } from './console.ts';
import { socketIn } from './control-socket.ts';
import { createProcessRuntime } from './process-runtime.ts';
import { project } from './project-name.ts';
import { publishWorkers } from './publish-workers.ts';
import type { Running } from './stack-context.ts';

/** As in the compose overlay: no service is ever scaled above this. */
const maxReplicas = 10;

/**
 * What the alert bot speaks to: the same agent as in the hardened compose overlay, with our processes behind it. Its token is
 * kept in a file that only this user reads, for the commands that look at the same replicas.
 */
export async function startAgent(
  { options, groups, lifecycle, logger }: Running,
  memoryLimits: ReadonlyMap<string, number>,
) {
  const token = randomBytes(24).toString('hex');
  const tokenFile = join(options.directory, 'agent-token');
  await rm(tokenFile, { force: true });
  await writeFile(tokenFile, token, { mode: 0o600 });
  const runtime = createProcessRuntime({
    project,
    groups: () => [...groups.values()],
    memoryLimits,
    onReplicasChanged: () => publishWorkers(options.directory, groups),
  });
  const service = createAgentService({
    runtime: tellingRuntime(runtime, options.console),
    policy: { maxReplicas },
    token,
    containerMetricsIntervalMs: options.fast ? 1_000 : 5_000,
    listen: { socketPath: socketIn(options.directory, 'agent.sock') },
    logger: logger.child({}, { level: 'warn' }),
  });
  await service.start();
  lifecycle.onStop('agent', () => service.stop());
  return { url: service.url as string, token };
}

/** What the bot does is news. */
function tellingRuntime(runtime: Runtime, out: Console): Runtime {
  const telling = (options: ActionOptions): ActionOptions => ({
    ...options,
    onStep: (step: ActionStep) => {
      out.say(`  ${step.step} ${step.replica ?? ''} ${step.detail ?? ''}`.trimEnd());
      options.onStep?.(step);
    },
  });
  return {
    ...runtime,
    restart: (target, options) => {
      out.say(`the alert bot restarts ${target.service}${target.replica ? ' (one replica)' : ''}`);
      return runtime.restart(target, telling(options));
    },
    scale: (target, change, options) => {
      out.say(`the alert bot scales ${target.service} from ${change.from} to ${change.to}`);
      return runtime.scale(target, change, telling(options));
    },
  };
}
