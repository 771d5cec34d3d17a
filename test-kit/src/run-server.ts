import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBundleCache } from './bundle-cache.ts';
import { type MigratedCluster, startCluster, templateDatabase } from './start-cluster.ts';

export interface RunServer {
  url: string;
  stop(): Promise<void>;
}

/** What `GET <url>/cluster` answers. */
export interface ClusterAddress {
  /** Superuser, database `postgres`. */
  adminUrl: string;
  template: string;
}

/**
 * Vitest runs test files in processes of their own. What they share is made once, on first demand, in the process that
 * owns the run: the PostgreSQL cluster and the bundled services. They ask for it over loopback; the token keeps others out.
 */
export async function startRunServer(): Promise<RunServer> {
  const token = randomBytes(16).toString('hex');
  let cluster: Promise<MigratedCluster> | undefined;
  const bundles = createBundleCache();

  const answer = async (path: string): Promise<unknown> => {
    const [, given, what, name = ''] = path.split('/');
    if (given !== token) throw new Error('wrong token');
    if (what === 'bundle') return { path: await bundles.bundle(name) };
    if (what !== 'cluster') throw new Error(`nothing is called ${what}`);
    cluster ??= startCluster({ settings: { max_connections: '300' } });
    return { adminUrl: (await cluster).url('postgres'), template: templateDatabase } satisfies ClusterAddress;
  };
  const server = createServer((req, res) => {
    answer(req.url ?? '').then(
      (body) => res.end(JSON.stringify(body)),
      (error: Error) => res.writeHead(500).end(error.stack),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${token}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await Promise.all([bundles.remove(), cluster?.then(stopCluster, () => undefined)]);
    },
  };
}

async function stopCluster(cluster: MigratedCluster): Promise<void> {
  const keepFiles = process.env['KEEP_TEST_DB'] === '1';
  await cluster.stop({ keepFiles });
  if (keepFiles)
    process.stderr.write(`
KEEP_TEST_DB: start the server again with
  ${cluster.startCommand}
and look with
  psql ${cluster.url('postgres')}
`);
}

/** Asks the run's server from a test file. @throws Error with the server's own message */
export async function askRunServer<T>(runServerUrl: string, path: string): Promise<T> {
  const response = await fetch(`${runServerUrl}/${path}`);
  if (!response.ok) throw new Error(`${path} could not be made for this run:\n${await response.text()}`);
  return (await response.json()) as T;
}
