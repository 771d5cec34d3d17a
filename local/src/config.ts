import { commonVariables, type Env, loadConfig, optionalText, port, text } from '@stack/service-kit/config';

const variables = {
  LOG_LEVEL: commonVariables(0).LOG_LEVEL,
  /** Where the services listen. PostgreSQL is on 127.0.0.1 always. */
  BIND_ADDRESS: text('127.0.0.1'),
  API_PORT: port(8000),
  WORKER_PORT: port(8001),
  /** 0 is any free one: nobody needs to know it. */
  DB_PORT: port(0),
  LOCAL_DATA_DIR: optionalText(),
};

export type LocalConfig = ReturnType<typeof loadLocalConfig>;

/** @throws ConfigError with every problem at once */
export const loadLocalConfig = (env: Env) => loadConfig(variables, env);
