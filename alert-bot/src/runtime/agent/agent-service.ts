import { chmod, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect } from 'node:net';
import { startHttpServer } from '@stack/service-kit/http-server';
import { createLifecycle } from '@stack/service-kit/lifecycle';
import type { Logger } from '@stack/service-kit/logger';
import { Registry } from 'prom-client';
import { watchContainers } from '../../containers/watch-containers.ts';
import type { Runtime } from '../runtime.ts';
import { createActionRegistry } from './action-registry.ts';
import { createAgentApp } from './agent-app.ts';
import type { AgentPolicy } from './check-policy.ts';
import { createWatchHub } from './watch-hub.ts';

export interface AgentServiceOptions {
  runtime: Runtime;
  policy: AgentPolicy;
  token?: string | undefined;
  allowedHosts?: readonly string[] | undefined;
  /** How often the containers are measured; 0: never. */
  containerMetricsIntervalMs?: number;
  /** A TCP address (port 0: any), or a unix socket with its file mode (0o600 unless told otherwise). */
  listen: { host: string; port: number } | { socketPath: string; mode?: number };
  logger: Logger;
}

export interface AgentService {
  logger: Logger;
  start(): Promise<void>;
  /** Gives running actions up, waits for them a few seconds (the engine finishes its step without us), closes. Resolves to the names of the steps that failed. */
  stop(): Promise<readonly string[]>;
  /** For `AGENT_URL`; known after `start`. */
  readonly url: string | undefined;
}

/** An agent with a life: what the role `alert-bot agent` and the supervisor of `npm start` run. */
export function createAgentService(options: AgentServiceOptions): AgentService {
  const { runtime, policy, token, listen, logger, containerMetricsIntervalMs: intervalMs = 5_000 } = options;
  const lifecycle = createLifecycle({ logger, stepTimeoutMs: 6_000 });
  const registry = createActionRegistry();
  let url: string | undefined;
  return {
    logger,
    get url() {
      return url;
    },
    start: async () => {
      if (!token) logger.warn('AGENT_TOKEN is not set: whoever can connect to this agent can use it');
      const metrics = new Registry();
      const containers = watchContainers({ runtime, intervalMs, registry: metrics, lifecycle, logger });
      const { allowedHosts } = options;
      const hub = runtime.watch && createWatchHub((signal) => watchOf(runtime, signal));
      const app = createAgentApp({ runtime, policy, token, allowedHosts, logger, registry, metrics, containers, hub });
      const server = 'port' in listen ? await startTcp(app, listen, logger) : await startUnix(app, listen, logger);
      lifecycle.onStop('runtime', async () => runtime.close?.());
      lifecycle.onStop('http server', server.stop);
      lifecycle.onStop('actions', () => registry.stop());
      lifecycle.onStop('events of the containers', () => hub?.close());
      url = server.url;
    },
    stop: () => lifecycle.stop(),
  };
}

const watchOf = ({ watch }: Runtime, signal: AbortSignal) => (watch as NonNullable<Runtime['watch']>)(signal);

async function startTcp(app: RequestListener, { host, port }: { host: string; port: number }, logger: Logger) {
  return startHttpServer(app, { host, port, logger });
}

async function startUnix(
  app: RequestListener,
  { socketPath, mode = 0o600 }: { socketPath: string; mode?: number },
  logger: Logger,
) {
  await removeDeadSocket(socketPath);
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 15_000 }, app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  await chmod(socketPath, mode);
  const url = `unix://${socketPath}`;
  logger.info({ url }, 'listening');
  return { url, stop: () => closeServer(server) };
}

/** A process that was killed leaves its socket file behind, and the next one could not listen. A living one is left alone. */
async function removeDeadSocket(socketPath: string): Promise<void> {
  const code = await new Promise<string | undefined>((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  if (code === 'ECONNREFUSED') await rm(socketPath, { force: true });
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cutOff = setTimeout(() => server.closeAllConnections(), 1_000);
  await closed;
  clearTimeout(cutOff);
}
