import { fileURLToPath } from 'node:url';
import { startEmbeddedCluster } from '@stack/db/embedded-cluster';
import { migrate } from '@stack/db/migrate';
import { withAdmin } from '@stack/db/with-admin';
import type { Env } from '@stack/service-kit/config';
import { createLifecycle, type Lifecycle } from '@stack/service-kit/lifecycle';
import { createLogger, type Logger } from '@stack/service-kit/logger';
import type { Service } from '@stack/service-kit/run-main';
import type { LocalConfig } from './config.ts';
import { localDirectory } from './local-directory.ts';
import { printLine, readable } from './log-lines.ts';
import { startServiceProcess } from './service-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const databaseName = 'transactions';

interface Stack {
  directory: string;
  config: LocalConfig;
  env: Env;
  logger: Logger;
  lifecycle: Lifecycle;
}

/** The services that `npm run dev` runs, in their order; each stops before what it needs. */
export function createStack(config: LocalConfig, env: Env): Service {
  const destination = { write: (line: string) => void printLine('local', readable(line.trimEnd())) };
  const logger = createLogger({ service: 'local', level: config.LOG_LEVEL, destination });
  const lifecycle = createLifecycle({ logger, stepTimeoutMs: 16_000 });
  const start = async () => {
    const stack = { config, env, logger, lifecycle, directory: await localDirectory(config.LOCAL_DATA_DIR) };
    const databaseUrl = await startDatabase(stack);
    const api = await startService(stack, 'api', config.API_PORT, databaseUrl);
    const worker = await startService(stack, 'worker', config.WORKER_PORT, databaseUrl);
    logger.info({ api, worker }, 'ready; Ctrl-C stops everything');
  };
  return { logger, start, stop: () => lifecycle.stop() };
}

/** Resolves to the address that the services connect to. */
async function startDatabase({ config, logger, lifecycle, directory }: Stack): Promise<string> {
  const cluster = await startEmbeddedCluster({
    dataDirectory: `${directory}/postgres`,
    durable: true,
    ...(config.DB_PORT !== 0 && { port: config.DB_PORT }),
    onLog: (line) => logger.debug({ line }, 'PostgreSQL'),
  });
  lifecycle.onStop('PostgreSQL', () => cluster.stop());
  await createDatabaseIfMissing(cluster.url('postgres'));
  await migrate({
    DATABASE_URL: cluster.url(databaseName),
    APP_DB_PASSWORD: cluster.password,
    MONITOR_DB_PASSWORD: cluster.password,
    MIGRATE_TIMEOUT_MS: 10_000,
    logger,
  });
  logger.info({ directory, psql: `psql ${cluster.url(databaseName)}` }, 'PostgreSQL is ready');
  return cluster.url(databaseName, 'app');
}

const createDatabaseIfMissing = (adminUrl: string) =>
  withAdmin(adminUrl, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [databaseName]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${databaseName}`);
  });

/** Resolves to the service's address. */
async function startService(stack: Stack, name: string, port: number, databaseUrl: string): Promise<string> {
  const { config, env, logger, lifecycle, directory } = stack;
  const script = await bundle(name, `${directory}/bundles/${name}.js`);
  const own = { HOST: config.BIND_ADDRESS, PORT: String(port), DATABASE_URL: databaseUrl };
  // faults are what there is to see; as in docker-compose.yml
  const serviceEnv = { FAULTS_ENABLED: 'true', ...env, ...own };
  const service = await startServiceProcess({ name, script, env: serviceEnv, logger });
  lifecycle.onStop(name, service.stop);
  return service.url;
}

type BundleService = (service: string, outfile: string) => Promise<unknown>;

/** Always anew: it takes a tenth of a second, and nobody runs yesterday's bundle. */
async function bundle(service: string, outfile: string): Promise<string> {
  const { bundleService } = (await import(`${root}/build.mjs`)) as { bundleService: BundleService };
  await bundleService(service, outfile);
  return outfile;
}
