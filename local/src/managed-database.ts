import { type EmbeddedCluster, startEmbeddedCluster } from '@stack/db/embedded-cluster';
import { migrate } from '@stack/db/migrate';
import { withAdmin } from '@stack/db/with-admin';
import type { Logger } from '@stack/service-kit/logger';
import type { ManagedProcess, ProcessEvent, ProcessStatus } from './managed-process.ts';
import { createBackoff, type RestartTimes, restartTimes } from './restart-times.ts';

const databaseName = 'transactions';

export interface ManagedDatabase {
  process: ManagedProcess;
  /** For the services. */
  appUrl: string;
  /** For the exporter and Grafana. */
  monitorUrl: string;
  /** The role's password. */
  password: string;
  address: string;
}

export interface DatabaseOptions {
  dataDirectory: string;
  port: number;
  logger: Logger;
  onEvent: (event: ProcessEvent) => void;
  times?: RestartTimes;
}

/**
 * PostgreSQL with the schema up to date, started again when it ends by itself. It looks like every other process to the
 * rest of the supervisor.
 */
export async function startManagedDatabase(options: DatabaseOptions): Promise<ManagedDatabase> {
  const { dataDirectory, port, logger, onEvent } = options;
  const lines: string[] = [];
  const cluster = await startEmbeddedCluster({
    dataDirectory,
    durable: true,
    port,
    // the exporter's driver refuses passwords with fewer rounds
    settings: { scram_iterations: '4096', max_connections: '200' },
    onLog: (line) => {
      lines.push(line);
      if (lines.length > 200) lines.shift();
      onEvent({ type: 'line', line, isError: true });
    },
  });
  try {
    await prepare(cluster, logger);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return {
    process: superviseCluster(cluster, lines, options),
    appUrl: cluster.url(databaseName, 'app'),
    monitorUrl: cluster.url(databaseName, 'monitor'),
    password: cluster.password,
    address: `127.0.0.1:${cluster.port}`,
  };
}

async function prepare(cluster: EmbeddedCluster, logger: Logger): Promise<void> {
  await withAdmin(cluster.url('postgres'), async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [databaseName]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${databaseName}`);
  });
  await migrate({
    DATABASE_URL: cluster.url(databaseName),
    APP_DB_PASSWORD: cluster.password,
    MONITOR_DB_PASSWORD: cluster.password,
    MIGRATE_TIMEOUT_MS: 10_000,
    logger,
  });
}

function superviseCluster(
  cluster: EmbeddedCluster,
  lines: readonly string[],
  { onEvent, times = restartTimes }: DatabaseOptions,
): ManagedProcess {
  const backoff = createBackoff(times);
  let status: ProcessStatus = up(0);
  let stopping: Promise<void> | undefined;
  let restarting: Promise<void> | undefined;

  async function bringBack(): Promise<void> {
    const againInMs = backoff.next(Date.parse(status.startedAt));
    status = { ...status, state: 'restarting', health: 'none', ending: 'killed or crashed' };
    onEvent({ type: 'ended', ending: 'killed or crashed', againInMs });
    await new Promise((resolve) => setTimeout(resolve, againInMs));
    while (!stopping) {
      try {
        await cluster.restart(); // until the last child of the old server is gone, the new one refuses to start
        status = up(status.restarts + 1);
        onEvent({ type: 'health', health: 'healthy' });
        return;
      } catch (error) {
        onEvent({ type: 'line', line: (error as Error).message, isError: true });
        await new Promise((resolve) => setTimeout(resolve, times.backoffMs));
      }
    }
  }
  const timer = setInterval(() => {
    if (stopping || restarting || !cluster.hasEnded()) return;
    restarting = bringBack().finally(() => {
      restarting = undefined;
    });
  }, 200);
  return {
    spec: { name: 'db', command: 'postgres', args: [], env: {} },
    status: () => status,
    lastLines: () => lines,
    start: () => {},
    stop: () => {
      stopping ??= (async () => {
        clearInterval(timer);
        await restarting;
        await cluster.stop();
        status = { ...status, state: 'exited', health: 'none' };
      })();
      return stopping;
    },
    untilHealthy: async () => (status.state === 'running' ? 'healthy' : 'exited'),
  };
}

/** The database is made once and never replaced. */
const supervisedSince = new Date().toISOString();

const up = (restarts: number): ProcessStatus => ({
  state: 'running',
  health: 'healthy',
  createdAt: supervisedSince,
  startedAt: new Date().toISOString(),
  restarts,
});
