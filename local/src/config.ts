import { commonVariables, type Env, integer, loadConfig, optionalText, port, text } from '@stack/service-kit/config';

const variables = {
  LOG_LEVEL: commonVariables(0).LOG_LEVEL,
  /** Where everything listens. PostgreSQL is on 127.0.0.1 always. */
  BIND_ADDRESS: text('127.0.0.1'),
  /** Name or address by which browsers reach this machine; links lead there. */
  PUBLIC_HOST: optionalText(),
  API_PORT: port(8000),
  /** Of the first replica; the others take the next ones, or any that is free. */
  WORKER_PORT: port(8001),
  ALERT_BOT_PORT: port(5001),
  PROMETHEUS_PORT: port(9090),
  ALERTMANAGER_PORT: port(9093),
  GRAFANA_PORT: port(3000),
  // 0 is any free one: nobody needs to know these.
  DB_PORT: port(0),
  NODE_EXPORTER_PORT: port(0),
  BLACKBOX_EXPORTER_PORT: port(0),
  POSTGRES_EXPORTER_PORT: port(0),
  WORKER_REPLICAS: integer({ min: 1, max: 10, unit: 'replicas', fallback: 1 }),
  PROMETHEUS_RETENTION: text('30d'),
  LOCAL_DATA_DIR: optionalText(),
};

export type LocalConfig = ReturnType<typeof loadLocalConfig>;

/** @throws ConfigError with every problem at once */
export const loadLocalConfig = (env: Env) => loadConfig(variables, env);

/** In the order of `--ports-from`; the worker's is last, because its replicas take the next ones. */
export const portNames = [
  'API_PORT',
  'ALERT_BOT_PORT',
  'PROMETHEUS_PORT',
  'ALERTMANAGER_PORT',
  'GRAFANA_PORT',
  'DB_PORT',
  'NODE_EXPORTER_PORT',
  'BLACKBOX_EXPORTER_PORT',
  'POSTGRES_EXPORTER_PORT',
  'WORKER_PORT',
] as const;

export type PortName = (typeof portNames)[number];
export type Ports = Record<PortName, number>;

/** `first` for the API, the next one for the bot, and so on. */
export const portsFrom = (first: number): Ports =>
  Object.fromEntries(portNames.map((name, index) => [name, first + index])) as Ports;
