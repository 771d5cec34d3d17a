import { createLifecycle } from '@stack/service-kit/lifecycle';
import { createLogger } from '@stack/service-kit/logger';
import type { Service } from '@stack/service-kit/run-main';
import { openControlSocket, socketIn } from './control-socket.ts';
import type { PartContext } from './parts.ts';
import { prepareStack } from './prepare-stack.ts';
import type { Running, SupervisorOptions } from './stack-context.ts';
import { announce, statusOf } from './stack-status.ts';
import { startParts } from './start-parts.ts';

/** The stack of `docker-compose.yml` as processes of this machine: started in order, kept running, stopped in order. */
export function createSupervisor(options: SupervisorOptions): Service {
  const { console: out, config, directory } = options;
  const destination = { write: (line: string) => out.part('local', line.trimEnd()) };
  const level = config.LOG_LEVEL === 'info' ? 'warn' : config.LOG_LEVEL;
  const logger = createLogger({ service: 'local', level, destination });
  const lifecycle = createLifecycle({ logger, stepTimeoutMs: 20_000 });
  let stopping = false;
  const running: Running = { options, groups: new Map(), lifecycle, logger, isStopping: () => stopping };

  const start = async () => {
    const startedAt = new Date().toISOString();
    let ready = false;
    let context: PartContext | undefined;
    const status = () => statusOf(running, { startedAt, ready, context });
    lifecycle.onStop('control socket', await openControlSocket(socketIn(directory, 'control.sock'), status));
    context = await prepareStack(running);
    if (stopping) return;
    await startParts(context, running);
    if (stopping) return;
    ready = true;
    announce(status(), out);
  };
  // Ctrl-C in the middle of the start takes away what the start needs: no failure
  const startUnlessStopped = () =>
    start().catch((error) => {
      if (!stopping) throw error;
    });
  const stop = async () => {
    stopping = true;
    out.say('stopping');
    const failed = await lifecycle.stop();
    out.say(failed.length === 0 ? 'stopped; nothing is left running' : `stopped; these failed: ${failed.join(', ')}`);
    return failed;
  };
  return { logger, start: startUnlessStopped, stop };
}
