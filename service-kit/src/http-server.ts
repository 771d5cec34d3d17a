import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { Logger } from './logger.ts';

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
}

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
    { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs, connectionsCheckingInterval: 1_000 },
    app,
  );
  server.keepAliveTimeout = keepAliveTimeoutMs;
  const traffic = trackTraffic(server);
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

interface Traffic {
  sockets: Map<Socket, number>;
  responses: Set<ServerResponse>;
  draining: boolean;
}

/** Counts the requests in flight on each connection, so that a stop knows which connections are idle. */
function trackTraffic(server: Server): Traffic {
  const traffic: Traffic = { sockets: new Map(), responses: new Set(), draining: false };
  const { sockets, responses } = traffic;
  server.on('connection', (socket) => {
    sockets.set(socket, 0);
    socket.once('close', () => sockets.delete(socket));
  });
  server.prependListener('request', (req, res) => {
    const { socket } = req;
    responses.add(res);
    sockets.set(socket, (sockets.get(socket) ?? 0) + 1);
    if (traffic.draining) res.setHeader('connection', 'close');
    res.once('close', () => {
      responses.delete(res);
      if (!sockets.has(socket)) return;
      const inFlight = (sockets.get(socket) ?? 1) - 1;
      sockets.set(socket, inFlight);
      if (traffic.draining && inFlight === 0) socket.end(); // its headers went out before the stop, without `close`
    });
  });
  return traffic;
}

async function drain(server: Server, traffic: Traffic, options: HttpServerOptions): Promise<void> {
  const { logger, lingerMs = 300, drainTimeoutMs = 6_000 } = options;
  traffic.draining = true;
  for (const res of traffic.responses) if (!res.headersSent) res.setHeader('connection', 'close');
  // http.Server.close() would drop idle connections at once and reset a request that is already on its way.
  const closed = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(server, () => resolve());
  });
  const closeIdle = setTimeout(() => destroyIdle(traffic), lingerMs);
  const closeAll = setTimeout(() => {
    logger.warn({ requests: traffic.responses.size }, 'requests were cut off: they took longer than the drain timeout');
    for (const socket of traffic.sockets.keys()) socket.destroy();
  }, drainTimeoutMs);
  await closed;
  clearTimeout(closeIdle);
  clearTimeout(closeAll);
  server.close(() => undefined); // also ends node's own connection checking timer
}

/** A connection with a half-sent request counts as idle: nothing was accepted from it yet. */
function destroyIdle({ sockets }: Traffic): void {
  for (const [socket, inFlight] of sockets) if (inFlight === 0) socket.destroy();
}
