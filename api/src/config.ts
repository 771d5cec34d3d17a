import { boolean, commonVariables, databaseUrl, type Env, integer, loadConfig } from '@stack/service-kit/config';

const variables = {
  ...commonVariables(8000),
  DATABASE_URL: databaseUrl(),
  DATABASE_POOL_SIZE: integer({ min: 1, max: 100, fallback: 10 }),
  DATABASE_CONNECT_TIMEOUT_MS: integer({ min: 50, max: 60_000, unit: 'milliseconds', fallback: 2_000 }),
  DATABASE_STATEMENT_TIMEOUT_MS: integer({ min: 50, max: 60_000, unit: 'milliseconds', fallback: 3_000 }),
  FAULTS_ENABLED: boolean(false),
  MEMORY_LIMIT_MB: integer({ min: 0, max: 2_048, unit: 'megabytes', fallback: 0 }),
};

export type ApiConfig = ReturnType<typeof loadApiConfig>;

/** @throws ConfigError with every problem at once */
export const loadApiConfig = (env: Env) => loadConfig(variables, env);
