import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PartRow } from './status-table.ts';

/** What a running supervisor tells about itself. */
export interface StackStatus {
  pid: number;
  startedAt: string;
  /** Everything that can start has started. */
  ready: boolean;
  /** Runs with the shortened rules. */
  fast: boolean;
  /** PostgreSQL, api and worker alone. */
  servicesOnly: boolean;
  urls: { api: string; alertBot: string; prometheus: string; alertmanager: string; grafana?: string };
  parts: PartRow[];
  /** What to do to the workers' `/faults`: the replicas publish no fixed port. */
  workers: string[];
}

/** Another supervisor has this data directory. */
export class AlreadyRunning extends Error {}

/** In the data directory, unless that is too long for a socket's path (104 bytes on macOS). */
export function socketIn(directory: string, name: string): string {
  const path = join(directory, name);
  if (Buffer.byteLength(path) <= 100) return path;
  return join(tmpdir(), `stack-${createHash('sha256').update(path).digest('hex').slice(0, 16)}-${name}`);
}

/**
 * Answers `GET /status` on a unix socket; whoever holds it is the one supervisor of that data directory.
 * @throws AlreadyRunning when another one lives
 */
export async function openControlSocket(path: string, status: () => StackStatus): Promise<() => Promise<void>> {
  if (await askStatus(path)) throw new AlreadyRunning();
  await rm(path, { force: true }); // of one that was killed
  const server = createServer((_req, res) => {
    res.setHeader('content-type', 'application/json').end(JSON.stringify(status()));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}

/**
 * What the supervisor behind the socket says, or undefined when there is none.
 * @throws Error when there is one that does not answer
 */
export function askStatus(path: string): Promise<StackStatus | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: path, path: '/status', timeout: 2_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text) as StackStatus));
      response.on('error', () => resolve(undefined));
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', (error: NodeJS.ErrnoException) => {
      const nobody = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(error.code ?? '');
      if (nobody) resolve(undefined);
      else reject(new Error(`${path} does not answer (${error.message}): a supervisor hangs or stops there`));
    });
    asked.end();
  });
}
