import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** JSON, a status, or what is done to the response. */
export type Reply = number | string | object | ((request: IncomingMessage, response: ServerResponse) => void);

export interface NeighbourServer {
  url: string;
  /** Paths with their queries, as they were asked. */
  asked: string[];
  /** By path, without the query. */
  replies: Map<string, Reply | ((query: URLSearchParams) => Reply)>;
  authorization: Set<string | undefined>;
}

export const hang = () => undefined;

/** An HTTP server that answers each path as the test says, 404 where it says nothing. Ends with the test. */
export async function neighbourServer(replies: Record<string, Reply> = {}): Promise<NeighbourServer> {
  const neighbour: NeighbourServer = {
    url: '',
    asked: [],
    replies: new Map(Object.entries(replies)),
    authorization: new Set(),
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://x');
    neighbour.asked.push(decodeURIComponent((request.url ?? '').replaceAll('+', ' ')));
    neighbour.authorization.add(request.headers.authorization);
    send(neighbour.replies.get(pathname) ?? 404, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  neighbour.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return neighbour;
}

function send(reply: Reply, request: IncomingMessage, response: ServerResponse): void {
  if (typeof reply === 'function') reply(request, response);
  else if (typeof reply === 'number') response.writeHead(reply).end();
  else response.end(typeof reply === 'string' ? reply : JSON.stringify(reply));
}
