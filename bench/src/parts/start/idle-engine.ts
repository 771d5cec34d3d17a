import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Bench } from '../../part.ts';

/** A container engine without containers, on a Unix socket: what the bot looks at before it listens. Resolves to its DOCKER_HOST. */
export async function startIdleEngine(bench: Pick<Bench, 'directory' | 'onStop'>): Promise<string> {
  const path = join(bench.directory, 'engine.sock');
  const server = createServer((request, response) => {
    const isList = /\/containers\/json/.test(request.url ?? '');
    response.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' });
    response.end(isList ? '[]' : '{"message":"an engine without containers"}');
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  bench.onStop('idle engine', () => server.close());
  return `unix://${path}`;
}
