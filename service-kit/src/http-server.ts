import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { expressMessages } from './express-messages.ts';
import type { Logger } from './logger.ts';
import { type Traffic, type TrafficLimits, trackTraffic } from './traffic.ts';

export interface HttpServerOptions {
  host: string;
  /** 0 lets the system choose. */
  port: number;
  logger: Logger;
  /** Headers must be complete within this time: a slow-loris client is closed with 408. */
  headersTimeoutMs?: number;
  /** The whole request, body included, must have arrived within this time. */
  requestTimeoutMs?: number;
  keepAliveTimeoutMs?: number;
  /** On stop, idle connections stay open this long, so that a request already on its way is answered, not reset. */
  lingerMs?: number;
  /** On stop, requests in flight may take this long. Below the lifecycle's step timeout. */
  drainTimeoutMs?: number;
  /** What all clients together may take of this process; the defaults are for some 200 MB of memory. */
  limits?: Partial<TrafficLimits>;
}

const defaultLimits: TrafficLimits = { maxConnections: 256, maxUnreadBytes: 32 * 1_048_576, unreadTimeoutMs: 30_000 };

export interface HttpServer {
  url: string;
  port: number;
  /** Stops accepting, answers every accepted request with `Connection: close`, then closes. Safe to call again. */
  stop(): Promise<void>;
}

/**
 * Listens, and logs `listening` with `port` and `url`. Node's own limits (60 s for headers, 300 s for a request, checked
 * every 30 s) leave a slow-loris client in place for 91 s (measured); these close it within seconds.
 * @throws the listen error: a taken port is EADDRINUSE
 */
export async function startHttpServer(app: RequestListener, options: HttpServerOptions): Promise<HttpServer> {
  const { headersTimeoutMs = 5_000, requestTimeoutMs = 15_000, keepAliveTimeoutMs = 10_000 } = options;
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 1_000,
      ...expressMessages(app),
    },
    app,
  );
  server.keepAliveTimeout = keepAliveTimeoutMs;
  const traffic = trackTraffic(server, { ...defaultLimits, ...options.limits }, options.logger);
  await listen(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  const shownHost = ['0.0.0.0', '::'].includes(options.host) ? 'localhost' : options.host;
  const url = `http://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${port}`;
  options.logger.info({ port, url }, 'listening');
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= drain(server, traffic, options);
    return stopping;
  };
  return { url, port, stop };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function drain(server: Server, traffic: Traffic, options: HttpServerOptions): Promise<void> {
  const { logger, lingerMs = 300, drainTimeoutMs = 6_000 } = options;
  traffic.draining = true;
  for (const res of inFlight(traffic)) if (!res.headersSent) res.setHeader('connection', 'close');
  // http.Server.close() would drop idle connections at once and reset a request that is already on its way.
  const closed = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(server, () => resolve());
  });
  const closeIdle = setTimeout(() => destroyIdle(traffic), lingerMs);
  const closeAll = setTimeout(() => {
    logger.warn(
      { requests: inFlight(traffic).length },
      'requests were cut off: they took longer than the drain timeout',
    );
    for (const socket of traffic.connections.keys()) socket.destroy();
  }, drainTimeoutMs);
  await closed;
  clearTimeout(closeIdle);
  clearTimeout(closeAll);
  traffic.stop();
  server.close(() => undefined); // also ends node's own connection checking timer
}

const inFlight = ({ connections }: Traffic): ServerResponse[] =>
  [...connections.values()].flatMap(({ responses }) => responses);

/** A connection with a half-sent request counts as idle: nothing was accepted from it yet. */
function destroyIdle({ connections }: Traffic): void {
  for (const [socket, { responses }] of connections) if (responses.length === 0) socket.destroy();
}
