import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBody } from '@stack/test-kit/read-body';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: whatever Alertmanager sends
  body: any;
}

export interface ReceivingServer {
  url: string;
  received: Received[];
  stop(): Promise<void>;
}

/** Takes every POST with a 200 and remembers it: stands for the bot and for Slack. */
export async function startReceivingServer(): Promise<ReceivingServer> {
  const received: Received[] = [];
  const server = createServer(async (req, res) => {
    const body = await readBody(req);
    if (body === undefined) return;
    received.push({ path: req.url ?? '', headers: req.headers, body: JSON.parse(body.toString() || 'null') });
    res.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
