import { type Clock, systemClock } from '@stack/service-kit/clock';
import { startHttpServer } from '@stack/service-kit/http-server';
import { createLifecycle } from '@stack/service-kit/lifecycle';
import { createLogger, type Logger } from '@stack/service-kit/logger';
import { createPool } from '@stack/service-kit/postgres';
import type { Service } from '@stack/service-kit/run-main';
import { createApp } from './app.ts';
import type { ApiConfig } from './config.ts';
import { createDatabaseHealth } from './database-health.ts';
import type { FaultName } from './faults/fault-names.ts';
import { createFaults } from './faults/faults.ts';
import { createApiMetrics } from './metrics.ts';
import { createRequestsInFlight } from './requests-in-flight.ts';
import { createInsertQueue } from './transactions/insert-queue.ts';
import { createReadQueue, type ReadQuery } from './transactions/read-queue.ts';
import { watchAnswers } from './watch-answers.ts';

export interface ServiceOverrides {
  clock?: Clock;
  logger?: Logger;
  random?: () => number;
  crash?: () => void;
}

export interface ApiService extends Service {
  /** The server's address, once started. */
  url(): string;
}

/** Long enough for the answer to `PUT /faults` to be sent. */
const crashSoon = () =>
  void setTimeout(() => {
    throw new Error('crashed by the fault "crash"');
  }, 50);

/** Wires the api. Nothing is opened before `start`; a database that is not there yet does not keep it from starting. */
export function createService(config: ApiConfig, overrides: ServiceOverrides = {}): ApiService {
  const { clock = systemClock, random = Math.random, crash = crashSoon } = overrides;
  const logger = overrides.logger ?? createLogger({ service: 'api', level: config.LOG_LEVEL });
  const lifecycle = createLifecycle({ logger });
  let url = '';

  const start = async () => {
    const database = { connectionString: config.DATABASE_URL, logger };
    const pool = createPool({
      ...database,
      applicationName: 'api',
      max: config.DATABASE_POOL_SIZE,
      connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      onAnswered: (ms) => metrics.databaseStatements.observe(ms / 1_000),
    });
    lifecycle.onStop('postgres pool', () => pool.end());
    const createSparePool = (max: number) => createPool({ ...database, applicationName: 'api-fault', max });
    const onInjected = (fault: FaultName) => metrics.faultsInjected.inc({ fault });
    const faults = createFaults({
      ...{ clock, random, pool, createSparePool, logger, crash, onInjected },
      memoryLimitBytes: config.MEMORY_LIMIT_MB * 1024 ** 2 || undefined,
    });
    const inFlight = createRequestsInFlight();
    const maxWaitMs = config.DATABASE_CONNECT_TIMEOUT_MS;
    const inserts = createInsertQueue({ pool, maxWaitMs, onStored: () => metrics.insertStatements.inc() });
    const onAnswered = (query: ReadQuery) => metrics.readStatements.inc({ query });
    const reads = createReadQueue({ pool, maxWaitMs, onAnswered });
    const metrics = createApiMetrics({
      pool,
      activeFaults: faults.active,
      requestsInFlight: inFlight.count,
      insertsWaiting: inserts.waiting,
      readsWaiting: reads.waiting,
    });
    const health = createDatabaseHealth(pool, metrics);
    const isAnswering = watchAnswers(pool, config.DATABASE_CONNECT_TIMEOUT_MS / 2);
    const { FAULTS_ENABLED: faultsEnabled, ALLOWED_HOSTS: allowedHosts } = config;
    const app = createApp({
      pool,
      inserts,
      reads,
      logger,
      metrics,
      inFlight,
      isAnswering,
      health,
      faults,
      faultsEnabled,
      allowedHosts,
    });
    const server = await startHttpServer(app, {
      host: config.HOST,
      port: config.PORT,
      logger,
      limits: { maxConnections: 1_024, maxUnreadBytes: 64 * 1_048_576 },
    });
    lifecycle.onStop('http server', () => server.stop());
    lifecycle.onStop('faults', () => faults.stop()); // before the server drains: requests that hang are then answered
    url = server.url;
    void health(); // so that api_database_up tells the truth before the first probe
  };
  return { logger, start, stop: () => lifecycle.stop(), url: () => url };
}
