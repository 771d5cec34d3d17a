import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClusterFiles, prepareClusterFiles } from './cluster-files.ts';
import { freePort } from './free-port.ts';
import { runProgram } from './run-program.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

export type DatabaseRole = 'postgres' | 'app' | 'monitor';

export interface ClusterOptions {
  /** Kept, and used again by the next start. Without it the cluster is temporary and `stop()` leaves nothing. */
  dataDirectory?: string;
  /** A free one by default. */
  port?: number;
  /** Safe against power loss. Off by default: tests need no disk flushes. */
  durable?: boolean;
  /** Further server settings, for example `{ max_connections: '20' }`. */
  settings?: Record<string, string>;
  /** Gets each line of the server's log. */
  onLog?: (line: string) => void;
}

export interface EmbeddedCluster {
  readonly port: number;
  readonly dataDirectory: string;
  /** The superuser's. Give it to `migrate` for `app` and `monitor` too: `url()` counts on that. */
  readonly password: string;
  /** What to type to start the server again after `stop({ keepFiles: true })`. */
  readonly startCommand: string;
  /** The address of a database for one of the three roles. */
  url(database: string, role?: DatabaseRole): string;
  /** Ends the server as `pg_ctl stop -m fast` does, and deletes a temporary cluster. Safe to call again. */
  stop(options?: { keepFiles?: boolean }): Promise<void>;
  /** SIGKILL to the server and all its processes. Its files stay for `restart`; `stop` deletes them. */
  kill(): Promise<void>;
  /** Whether the server is gone, for example because somebody killed it: `restart` brings it back. */
  hasEnded(): boolean;
  /** Starts the server on the same port, after stopping it if it runs. */
  restart(): Promise<void>;
  /** SIGSTOP to all its processes: connections stay open and hang. */
  pause(): Promise<void>;
  /** Ends `pause`. */
  resume(): Promise<void>;
}

/**
 * Starts a real PostgreSQL 18 on 127.0.0.1, without Docker and without an installed PostgreSQL, in less than a second. For
 * root the server runs as an unprivileged user. It never outlives this process, nor do the files of a temporary cluster
 * (spawn-leashed.ts).
 * @throws Error with the last lines of the server's log when it does not start
 */
export async function startEmbeddedCluster(options: ClusterOptions = {}): Promise<EmbeddedCluster> {
  const files = await prepareClusterFiles(options.dataDirectory);
  try {
    const { port, server } = await startOnFreePort(files, options);
    return controls({ files, options, port, server });
  } catch (error) {
    await rm(files.workDirectory, { recursive: true, force: true });
    throw error;
  }
}

interface Cluster {
  files: ClusterFiles;
  options: ClusterOptions;
  port: number;
  server: ServerProcess;
}

function controls(cluster: Cluster): EmbeddedCluster {
  const { files, port } = cluster;
  return {
    port,
    dataDirectory: files.dataDirectory,
    password: files.password,
    startCommand: startCommand(cluster),
    url: (database, role = 'postgres') =>
      `postgres://${role}:${files.password}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    stop: async ({ keepFiles = false } = {}) => {
      await stopServer(cluster.server);
      await removeSharedMemory(files);
      if (!keepFiles) await rm(files.workDirectory, { recursive: true, force: true });
    },
    kill: () => killServer(cluster.server),
    hasEnded: () => cluster.server.hasEnded(),
    restart: async () => {
      await stopServer(cluster.server);
      cluster.server = await startServer(files, cluster.options, port);
    },
    pause: async () => {
      cluster.server.signal('SIGSTOP'); // first, so that it starts no further child behind our back
      await cluster.server.signalAll('SIGSTOP');
    },
    resume: () => cluster.server.signalAll('SIGCONT'),
  };
}

async function stopServer(server: ServerProcess): Promise<void> {
  if (server.hasEnded()) return;
  server.signal('SIGINT');
  await server.signalAll('SIGCONT'); // a paused server would not notice
  const tooLong = setTimeout(() => void killServer(server), 10_000);
  await server.ended;
  clearTimeout(tooLong);
}

async function killServer(server: ServerProcess): Promise<void> {
  if (server.hasEnded()) return;
  server.signal('SIGSTOP');
  await server.signalAll('SIGKILL');
  await server.ended;
}

async function startOnFreePort(files: ClusterFiles, options: ClusterOptions) {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    try {
      return { port, server: await startServer(files, options, port) };
    } catch (error) {
      const isTaken = /Address already in use/.test((error as Error).message);
      if (!isTaken || options.port !== undefined || attempt === 5) throw error;
    }
  }
}

function startServer(files: ClusterFiles, options: ClusterOptions, port: number): Promise<ServerProcess> {
  return startServerProcess({ files, settings: serverSettings(options, port), onLog: options.onLog });
}

const serverSettings = ({ durable = false, settings }: ClusterOptions, port: number): Record<string, string> => ({
  port: String(port),
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // in the data directory and not in /dev/shm, where a killed server would leave it
  dynamic_shared_memory_type: 'mmap',
  shared_buffers: '64MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  // hashing is most of what a connection costs, and these passwords are 128 random bits
  scram_iterations: '1',
  // synchronous_commit stays on: without it a killed server loses what it had acknowledged
  ...(!durable && { fsync: 'off', full_page_writes: 'off' }),
  ...settings,
});

function startCommand({ files: { binaries, dataDirectory, user }, port }: Cluster): string {
  const command = `${binaries.postgres} -D ${dataDirectory} -p ${port} -k /tmp`;
  return user ? `setpriv --reuid ${user.uid} --regid ${user.gid} --clear-groups ${command}` : command;
}

/** A killed server leaves its System V segment (56 bytes) behind; its id is in the pid file that it left too. */
async function removeSharedMemory({ dataDirectory }: ClusterFiles): Promise<void> {
  const pidFile = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
  const id = pidFile.split('\n')[6]?.trim().split(/\s+/)[1];
  if (id) await runProgram('ipcrm', ['-m', id], {}).catch(() => undefined);
}
