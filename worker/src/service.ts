import { hostname } from 'node:os';
import { type Clock, systemClock } from '@stack/service-kit/clock';
import { createHealth } from '@stack/service-kit/health';
import { startHttpServer } from '@stack/service-kit/http-server';
import { createLifecycle } from '@stack/service-kit/lifecycle';
import { createLogger, type Logger } from '@stack/service-kit/logger';
import { createPool, type Pool } from '@stack/service-kit/postgres';
import type { Service } from '@stack/service-kit/run-main';
import { createApp } from './app.ts';
import { createBacklogReader } from './backlog.ts';
import { settleCapacity, type WorkerConfig } from './config.ts';
import { createFaults, type Faults } from './faults.ts';
import { createGeneratorLease, type GeneratorLease } from './generator-lease.ts';
import { createGenerateStep } from './loops/generate.ts';
import { createPruneStep } from './loops/prune.ts';
import { createSettleStep } from './loops/settle.ts';
import { createWorkerMetrics, type WorkerMetrics } from './metrics.ts';
import { createSimulatedProcessor } from './processor.ts';
import { createProgress, type LoopName } from './progress.ts';
import { runLoop, type Step } from './run-loop.ts';
import { pingDatabase } from './sql/ping.ts';

export interface ServiceOverrides {
  clock?: Clock;
  logger?: Logger;
  random?: () => number;
  crash?: () => void;
}

export interface WorkerService extends Service {
  /** The server's address, once started. */
  url(): string;
}

/** A paused holder of the generator's lock loses it after this long; the loop uses its session every second. */
const leaseMs = 5_000;
/** Settle (two for a large batch), prune, backlog, health, and one to spare. */
const poolSize = 6;

/** Long enough for the answer to `PUT /faults` to be sent. */
const crashSoon = () =>
  void setTimeout(() => {
    throw new Error('crashed by the fault "crash"');
  }, 50);

/** Wires the worker. Nothing is opened before `start`; a database that is not there yet does not keep it from starting. */
export function createService(config: WorkerConfig, overrides: ServiceOverrides = {}): WorkerService {
  const { clock = systemClock, random = Math.random, crash = crashSoon } = overrides;
  const logger = overrides.logger ?? createLogger({ service: 'worker', level: config.LOG_LEVEL });
  const lifecycle = createLifecycle({ logger });
  const database = { connectionString: config.DATABASE_URL, logger };
  const replica = `${hostname()}/${process.pid}`; // in pg_stat_activity, and in the ledger's settled_by
  let url = '';

  const start = async () => {
    const pool = createPool({ ...database, applicationName: `worker@${replica}`, max: poolSize });
    lifecycle.onStop('postgres pool', () => pool.end());
    const lease = createGeneratorLease({ ...database, applicationName: `worker-generator@${replica}`, leaseMs });
    lifecycle.onStop('generator lock', () => lease.release());
    const faults = createFaults(clock, config.MEMORY_LIMIT_MB * 1024 ** 2 || undefined);
    const metrics = createWorkerMetrics({
      pool,
      readBacklog: createBacklogReader(pool, clock),
      isGenerator: lease.held,
      activeFaults: faults.active,
      capacity: settleCapacity(config),
    });
    const progress = createProgress({
      clock,
      stallAfterMs: config.STALL_AFTER_MS,
      onMade: (loop, atSeconds) => metrics.lastProgress.set({ loop }, atSeconds),
    });
    const steps = createSteps(config, { pool, lease, metrics, faults, clock, random });
    const loops = createLoops(steps, { clock, logger, metrics, progress, faults });
    lifecycle.onStop('loops', () => loops.stop());
    // An outage is shown but does not make the worker unhealthy: restarting it would not bring the database back.
    const health = createHealth({ progress: progress.assertNotStalled, database: () => pingDatabase(pool) }, 1_000, [
      'database',
    ]);
    const { FAULTS_ENABLED: faultsEnabled, ALLOWED_HOSTS: allowedHosts } = config;
    const app = createApp({ logger, metrics, health, faults, faultsEnabled, allowedHosts, crash });
    const server = await startHttpServer(app, { host: config.HOST, port: config.PORT, logger });
    lifecycle.onStop('http server', () => server.stop());
    lifecycle.onStop('faults', () => faults.stop());
    url = server.url;
    loops.start(); // last: their first connections would take turns with the start of the server
  };
  return { logger, start, stop: () => lifecycle.stop(), url: () => url };
}

interface StepDeps {
  pool: Pool;
  lease: GeneratorLease;
  metrics: WorkerMetrics;
  faults: Faults;
  clock: Clock;
  random: () => number;
}

function createSteps(config: WorkerConfig, deps: StepDeps): Record<LoopName, Step> {
  const { pool, lease, metrics, faults, clock, random } = deps;
  const processor = createSimulatedProcessor({
    clock,
    baseLatencyMs: config.SETTLE_LATENCY_MS,
    extraLatencyMs: faults.extraLatencyMs,
    failureRate: config.SETTLE_FAILURE_RATE,
    random,
  });
  return {
    generate: createGenerateStep({ lease, metrics, random, config }),
    settle: createSettleStep({ pool, metrics, processor, batchSize: config.SETTLE_BATCH_SIZE }),
    prune: createPruneStep({ pool, metrics, config }),
  };
}

/** `stop` resolves when every loop has reached its batch boundary; a start that comes after it runs nothing. */
function createLoops(steps: Record<LoopName, Step>, deps: Parameters<typeof runLoop>[2]) {
  const stopping = new AbortController();
  let running: Promise<void>[] = [];
  const start = () => {
    running = Object.entries(steps).map(([name, step]) => runLoop(name as LoopName, step, deps, stopping.signal));
  };
  const stop = () => {
    stopping.abort();
    return Promise.all(running);
  };
  return { start, stop };
}
