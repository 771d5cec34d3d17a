import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { childPids } from './child-pids.ts';
import { type EmbeddedBinaries, embeddedBinaries } from './embedded-binaries.ts';
import { freePort } from './free-port.ts';
import { runProgram } from './run-program.ts';
import { spawnLeashed } from './spawn-leashed.ts';
import { canEnter, type OsUser, unprivilegedUser } from './unprivileged-user.ts';

export type DatabaseRole = 'postgres' | 'app' | 'monitor';

export interface ClusterOptions {
  /** Kept, and used again by the next start. Without it the cluster is temporary and `stop()` leaves nothing. */
  dataDirectory?: string;
  /** A free one by default. */
  port?: number;
  /** Safe against power loss. Off by default for temporary clusters: tests need no disk flushes. */
  durable?: boolean;
  /** Further server settings, for example `{ max_connections: '20' }`. */
  settings?: Record<string, string>;
  /** Gets each line of the server's log. */
  onLog?: (line: string) => void;
}

export interface EmbeddedCluster {
  readonly port: number;
  readonly dataDirectory: string;
  /** The superuser's password, which callers of `migrate` give to `app` and `monitor` too, so that `url()` is right. */
  readonly password: string;
  /** What to type to start the server again after `stop({ keepFiles: true })`. */
  readonly startCommand: string;
  url(database: string, role?: DatabaseRole): string;
  /** Ends the server as `pg_ctl stop -m fast` does, and deletes a temporary cluster. Safe to call again. */
  stop(options?: { keepFiles?: boolean }): Promise<void>;
  /** SIGKILL to the server and all its processes: what a power cut looks like to its clients. */
  kill(): Promise<void>;
  /** Starts the server again on the same port; stops it first when it runs. */
  restart(): Promise<void>;
  /** SIGSTOP to all processes: connections stay open and hang. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

interface Cluster {
  options: ClusterOptions;
  binaries: EmbeddedBinaries;
  user: OsUser | undefined;
  /** Everything temporary is in here; belongs to `user`. */
  workDirectory: string;
  dataDirectory: string;
  password: string;
  port: number;
  server: ChildProcess | undefined;
}

/**
 * Starts a real PostgreSQL 18 on 127.0.0.1, without Docker and without an installed PostgreSQL, in about a second. As root
 * the server runs as an unprivileged user. It never outlives this process (see spawn-leashed.ts), and the files of a
 * temporary cluster do not either.
 * @throws Error with the last lines of the server's log when it does not start
 */
export async function startEmbeddedCluster(options: ClusterOptions = {}): Promise<EmbeddedCluster> {
  const cluster = await prepare(options);
  try {
    await startOnFreePort(cluster);
  } catch (error) {
    await rm(cluster.workDirectory, { recursive: true, force: true });
    throw error;
  }
  return controls(cluster);
}

function controls(cluster: Cluster): EmbeddedCluster {
  const signalAll = async (signal: NodeJS.Signals) => {
    for (const pid of await processes(cluster)) tryKill(pid, signal);
  };
  const kill = async () => {
    const ended = serverEnd(cluster);
    tryKill(cluster.server?.pid, 'SIGSTOP'); // so that it starts no further child behind our back
    await signalAll('SIGKILL');
    await ended;
  };
  const stopServer = async () => {
    const ended = serverEnd(cluster);
    tryKill(cluster.server?.pid, 'SIGINT');
    await signalAll('SIGCONT');
    const timer = setTimeout(kill, 10_000);
    await ended.finally(() => clearTimeout(timer));
  };
  return {
    get port() {
      return cluster.port;
    },
    dataDirectory: cluster.dataDirectory,
    password: cluster.password,
    startCommand: startCommand(cluster),
    url: (database, role = 'postgres') =>
      `postgres://${role}:${cluster.password}@127.0.0.1:${cluster.port}/${encodeURIComponent(database)}`,
    stop: async ({ keepFiles = false } = {}) => {
      await stopServer();
      await removeSharedMemory(cluster);
      if (!keepFiles) await rm(cluster.workDirectory, { recursive: true, force: true });
    },
    kill,
    restart: async () => {
      await stopServer();
      await startServer(cluster);
    },
    pause: async () => {
      tryKill(cluster.server?.pid, 'SIGSTOP');
      await signalAll('SIGSTOP');
    },
    resume: () => signalAll('SIGCONT'),
  };
}

async function prepare(options: ClusterOptions): Promise<Cluster> {
  const user = await unprivilegedUser();
  const workDirectory = await mkdtemp(join(await temporaryRoot(user), 'stack-postgres-'));
  try {
    const binaries = await embeddedBinaries(user, workDirectory);
    const dataDirectory = options.dataDirectory ?? join(workDirectory, 'data');
    await giveTo(user, workDirectory);
    await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
    await giveTo(user, dataDirectory);
    if (user && !(await canEnter(user, dirname(dataDirectory))))
      throw new Error(
        `PostgreSQL runs as "${user.name}" when it is started by root, and that user cannot enter ${dirname(dataDirectory)}. Choose another data directory, run this as a normal user, or allow it: chmod o+x on that directory and its parents.`,
      );
    const cluster = { options, binaries, user, workDirectory, dataDirectory, password: '', port: 0, server: undefined };
    return { ...cluster, password: await initialise(cluster) };
  } catch (error) {
    await rm(workDirectory, { recursive: true, force: true });
    throw error;
  }
}

/** $TMPDIR, or /tmp when root's own TMPDIR is closed to the user that PostgreSQL runs as. */
async function temporaryRoot(user: OsUser | undefined): Promise<string> {
  const own = tmpdir();
  return user && !(await canEnter(user, own)) ? '/tmp' : own;
}

async function giveTo(user: OsUser | undefined, path: string): Promise<void> {
  if (user) await chown(path, user.uid, user.gid);
}

/** Runs initdb unless the directory holds a cluster already. Resolves to the superuser's password. */
async function initialise(cluster: Cluster): Promise<string> {
  const { dataDirectory, workDirectory, user, binaries } = cluster;
  const passwordFile = join(dataDirectory, 'superuser-password');
  const exists = await access(join(dataDirectory, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (exists) return readFile(passwordFile, 'utf8');
  const password = randomBytes(16).toString('hex');
  const newPasswordFile = join(workDirectory, 'superuser-password');
  await writeFile(newPasswordFile, password, { mode: 0o600 });
  await giveTo(user, newPasswordFile);
  await runProgram(
    binaries.initdb,
    [
      `--pgdata=${dataDirectory}`,
      `--pwfile=${newPasswordFile}`,
      ...['--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--no-sync'],
    ],
    { cwd: workDirectory, uid: user?.uid, gid: user?.gid },
  );
  await rm(newPasswordFile);
  await writeFile(passwordFile, password, { mode: 0o600 });
  return password;
}

async function startOnFreePort(cluster: Cluster): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    cluster.port = cluster.options.port ?? (await freePort());
    try {
      return await startServer(cluster);
    } catch (error) {
      const isTaken = /Address already in use/.test((error as Error).message);
      if (!isTaken || cluster.options.port !== undefined || attempt === 5) throw error;
    }
  }
}

function serverSettings({ options, port }: Cluster): string[] {
  const settings: Record<string, string> = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // in the data directory and not in /dev/shm, where a killed server would leave it
    dynamic_shared_memory_type: 'mmap',
    shared_buffers: '64MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    // a password handshake is most of the price of a connection, and these passwords are 128 random bits
    scram_iterations: '1',
    ...(!options.durable && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...options.settings,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function startServer(cluster: Cluster): Promise<void> {
  const { binaries, dataDirectory, workDirectory, user, options } = cluster;
  const isTemporary = options.dataDirectory === undefined;
  const server = spawnLeashed(binaries.postgres, ['-D', dataDirectory, ...serverSettings(cluster)], {
    orphanSignal: 'QUIT',
    removeDirectory: isTemporary ? workDirectory : undefined,
    cwd: workDirectory,
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    uid: user?.uid,
    gid: user?.gid,
  });
  cluster.server = server;
  const clear = () => {
    if (cluster.server === server) cluster.server = undefined;
  };
  server.once('exit', clear);
  await untilReady(server, options.onLog);
}

function startCommand({ binaries, dataDirectory, user, port }: Cluster): string {
  const command = `${binaries.postgres} -D ${dataDirectory} -p ${port} -k /tmp`;
  return user ? `setpriv --reuid ${user.uid} --regid ${user.gid} --clear-groups ${command}` : command;
}

/** Reads the server's log, for ever, and resolves at the line that says that it is ready. */
function untilReady(server: ChildProcess, onLog: ((line: string) => void) | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const lastLines: string[] = [];
    let rest = '';
    const take = (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        onLog?.(line);
        lastLines.push(line);
        if (lastLines.length > 20) lastLines.shift();
        if (line.includes('database system is ready to accept connections')) resolve();
      }
    };
    server.stdout?.on('data', take);
    server.stderr?.on('data', take);
    server.once('error', reject);
    server.once('close', (code, signal) => {
      reject(new Error(`PostgreSQL ended (${signal ?? code}):\n${[...lastLines, rest].join('\n')}`));
    });
  });
}

function serverEnd({ server }: Cluster): Promise<void> {
  if (!server) return Promise.resolve();
  return new Promise((resolve) => server.once('exit', () => resolve()));
}

async function processes({ server }: Cluster): Promise<number[]> {
  return server?.pid === undefined ? [] : [server.pid, ...(await childPids(server.pid))];
}

function tryKill(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, signal);
  } catch {
    // gone already
  }
}

/** A killed server leaves its System V segment (56 bytes) behind; its id is in the pid file that it left too. */
async function removeSharedMemory({ dataDirectory }: Cluster): Promise<void> {
  const pidFile = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
  const id = pidFile.split('\n')[6]?.trim().split(/\s+/)[1];
  if (id) await runProgram('ipcrm', ['-m', id], {}).catch(() => undefined);
}
