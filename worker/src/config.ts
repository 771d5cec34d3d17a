import {
  boolean,
  ConfigError,
  commonVariables,
  databaseUrl,
  type Env,
  integer,
  loadConfig,
} from '@stack/service-kit/config';
import * as z from 'zod';

const day = 24;
const tenYears = 87_600;

/** A share from 0 to 1. */
function share(fallback: number) {
  const message = 'must be a number from 0 to 1';
  return z
    .string({ error: message })
    .regex(/^(0|1|0?\.\d{1,6}|1\.0{1,6})$/, message)
    .transform(Number)
    .default(fallback);
}

const variables = {
  ...commonVariables(8001),
  DATABASE_URL: databaseUrl(),
  FAULTS_ENABLED: boolean(false),
  MEMORY_LIMIT_MB: integer({ min: 0, max: 2_048, unit: 'megabytes', fallback: 0 }),
  GENERATE_INTERVAL_MS: integer({ min: 100, max: 3_600_000, unit: 'milliseconds', fallback: 5_000 }),
  GENERATE_BATCH_SIZE: integer({ min: 0, max: 10_000, unit: 'transactions', fallback: 50 }),
  SETTLE_BATCH_SIZE: integer({ min: 1, max: 10_000, unit: 'transactions', fallback: 100 }),
  SETTLE_LATENCY_MS: integer({ min: 0, max: 30_000, unit: 'milliseconds', fallback: 1_000 }),
  SETTLE_FAILURE_RATE: share(0.02),
  RETENTION_HOURS: integer({ min: 1, max: tenYears, unit: 'hours', fallback: day }),
  IDEMPOTENCY_RETENTION_HOURS: integer({ min: 1, max: tenYears, unit: 'hours', fallback: day }),
  PRUNE_INTERVAL_MS: integer({ min: 1_000, max: 86_400_000, unit: 'milliseconds', fallback: 60_000 }),
  PRUNE_BATCH_SIZE: integer({ min: 1, max: 10_000, unit: 'rows', fallback: 1_000 }),
  // Above the 6 s that one try against a database that hangs may take.
  STALL_AFTER_MS: integer({ min: 10_000, max: 3_600_000, unit: 'milliseconds', fallback: 60_000 }),
};

export type WorkerConfig = z.output<z.ZodObject<typeof variables>>;

/** Everything that can be set, from the environment. @throws ConfigError with every problem at once */
export function loadWorkerConfig(env: Env): WorkerConfig {
  const config = loadConfig(variables, env);
  if (config.STALL_AFTER_MS < 2 * config.SETTLE_LATENCY_MS)
    throw new ConfigError([
      'STALL_AFTER_MS: must be at least twice SETTLE_LATENCY_MS, or a healthy batch would count as a stall.',
    ]);
  return config;
}

/** Transactions per second that one replica can settle at best: one batch each SETTLE_LATENCY_MS. Infinite at 0. */
export const settleCapacity = (config: Pick<WorkerConfig, 'SETTLE_BATCH_SIZE' | 'SETTLE_LATENCY_MS'>): number =>
  config.SETTLE_BATCH_SIZE / (config.SETTLE_LATENCY_MS / 1_000);
