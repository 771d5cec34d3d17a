import { choice, databaseUrl, type Env, integer, loadConfig, optionalSecret } from '@stack/service-kit/config';

const variables = {
  LOG_LEVEL: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
  /** Of a role that may create tables and roles: the owner, not `app`. */
  DATABASE_URL: databaseUrl(),
  /** Logs in when the password in DATABASE_URL is refused, which then becomes the owner's. */
  OLD_POSTGRES_PASSWORD: optionalSecret(),
  APP_DB_PASSWORD: optionalSecret(),
  MONITOR_DB_PASSWORD: optionalSecret(),
  /** How long to wait for a database that is not there yet, and for another migration that is under way. */
  MIGRATE_TIMEOUT_MS: integer({ min: 0, max: 3_600_000, unit: 'milliseconds', fallback: 60_000 }),
};

export type MigrateConfig = ReturnType<typeof loadMigrateConfig>;

/** @throws ConfigError with every problem at once */
export const loadMigrateConfig = (env: Env) => loadConfig(variables, env);
