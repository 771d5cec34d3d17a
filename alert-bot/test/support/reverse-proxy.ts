import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { createCertificate } from './certificate.ts';

export interface ReverseProxy {
  port: number;
  stop(): void;
}

/**
 * HTTPS in front of a service, as nginx or Caddy is set up: answers are passed on as they come. `host` says whether the browser's
 * name goes on to the service (Caddy) or the service's own address does (nginx without `proxy_set_header Host`).
 */
export async function startReverseProxy(target: () => string, host: 'kept' | 'rewritten'): Promise<ReverseProxy> {
  const server = createServer(createCertificate(), (req, res) => {
    const url = new URL(req.url ?? '/', target());
    const headers = { ...req.headers, 'x-forwarded-proto': 'https', ...(host === 'rewritten' && { host: url.host }) };
    const passed = request(url, { method: req.method, headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      res.flushHeaders();
      pipeline(answer, res, () => undefined);
    });
    passed.once('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
    pipeline(req, passed, () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { port: (server.address() as AddressInfo).port, stop };
}
