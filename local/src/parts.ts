import { join } from 'node:path';
import type { Env } from '@stack/service-kit/config';
import type { LocalConfig, Ports } from './config.ts';
import type { ManagedDatabase } from './managed-database.ts';
import type { ProcessSpec } from './managed-process.ts';
import type { FoundPrograms, ProgramName } from './programs.ts';
import { type Addresses, type Links, repository } from './render-configuration.ts';

/** What every part's command line is made of. */
export interface PartContext {
  config: LocalConfig;
  ports: Ports;
  addresses: Addresses;
  links: Links;
  directory: string;
  fast: boolean;
  /** The environment that the supervisor was started in. */
  env: Env;
  found: FoundPrograms;
  agent: { url: string; token: string };
  /** Parts that run and have no pages for a browser: filled while they start. */
  pageless: Set<string>;
  /** In bytes, by service. */
  memoryLimits: ReadonlyMap<string, number>;
  database: Pick<ManagedDatabase, 'appUrl' | 'monitorUrl' | 'password'>;
}

/** The three services take every variable of their own from the environment; what follows from the stack wins. */
export function serviceSpec(
  context: PartContext,
  service: 'api' | 'worker' | 'alert-bot',
  name: string,
  port: number,
): ProcessSpec {
  const { config, env, directory } = context;
  const own = service === 'alert-bot' ? alertBotVariables(context) : applicationVariables(context, service);
  return {
    name,
    command: process.execPath,
    args: [join(directory, `bundles/${service}.js`)],
    // faults are what there is to see; as in docker-compose.yml
    env: { FAULTS_ENABLED: 'true', ...env, ...own, HOST: config.BIND_ADDRESS, PORT: String(port) },
    healthUrl: `http://${reachable(config.BIND_ADDRESS)}:${port}/health`,
  };
}

/** Where a server that listens on `bind` is reached from this machine. */
export const reachable = (bind: string): string => (['0.0.0.0', '::'].includes(bind) ? '127.0.0.1' : bind);

/** The limit of its container: no kernel enforces it here, and a memory leak is to end somewhere. */
function applicationVariables({ database, memoryLimits }: PartContext, service: string): Env {
  const limit = memoryLimits.get(service);
  return {
    DATABASE_URL: database.appUrl,
    ...(limit !== undefined && { MEMORY_LIMIT_MB: String(Math.floor(limit / 1_024 ** 2)) }),
  };
}

function alertBotVariables(context: PartContext): Env {
  const { agent, addresses, links, config, env, directory, fast, found, pageless } = context;
  return {
    RUNTIME: 'agent',
    AGENT_URL: agent.url,
    AGENT_TOKEN: agent.token,
    ...(fast && { CONTAINER_METRICS_INTERVAL_MS: '1000' }),
    INCIDENT_LOG_PATH: join(directory, 'alert-bot/incident_log.jsonl'),
    RUNBOOKS_PATH: fast ? join(directory, 'config/runbooks.yml') : join(repository, 'alert-bot/runbooks.yml'),
    PROMETHEUS_URL: `http://${addresses.prometheus}`,
    ALERTMANAGER_URL: `http://${addresses.alertmanager}`,
    PUBLIC_URL: env['PUBLIC_URL'] || links.alertBot,
    ALLOWED_HOSTS: env['ALLOWED_HOSTS'] || config.PUBLIC_HOST,
    PROMETHEUS_LINK_URL: found.prometheus && !pageless.has('prometheus') ? links.prometheus : 'none',
    GRAFANA_LINK_URL: found.grafana ? links.grafana : 'none',
  };
}

/** The command line of a program that is not ours; undefined when it is not installed. */
export function programSpec(context: PartContext, name: ProgramName): ProcessSpec | undefined {
  const command = context.found[name];
  if (command === undefined) return undefined;
  const { PATH, HOME } = context.env;
  const { env = {}, ...rest } = commandLines[name](context, command);
  return { name, command, env: { PATH, HOME, ...env }, ...rest };
}

type CommandLine = (
  context: PartContext,
  program: string,
) => { args: string[]; command?: string; env?: Env; healthUrl: string };

const healthUrl = ({ addresses }: PartContext, name: ProgramName, path: string) => `http://${addresses[name]}${path}`;
const listen = ({ config, ports }: PartContext, port: keyof Ports) =>
  `--web.listen-address=${config.BIND_ADDRESS}:${ports[port]}`;

const commandLines: Record<ProgramName, CommandLine> = {
  prometheus: (context) => ({
    args: [
      `--config.file=${context.directory}/config/prometheus.yml`,
      `--storage.tsdb.path=${context.directory}/prometheus${context.fast ? '-fast' : ''}`,
      `--storage.tsdb.retention.time=${context.config.PROMETHEUS_RETENTION}`,
      `--web.external-url=${context.links.prometheus}`,
      listen(context, 'PROMETHEUS_PORT'),
    ],
    healthUrl: healthUrl(context, 'prometheus', '/-/ready'),
  }),
  // render.sh writes the configuration for these variables, then becomes Alertmanager
  alertmanager: (context, program) => ({
    command: '/bin/sh',
    args: [
      `${context.directory}/config/alertmanager/render.sh`,
      `--storage.path=${context.directory}/alertmanager${context.fast ? '-fast' : ''}`,
      '--cluster.listen-address=',
      `--web.external-url=${context.links.alertmanager}`,
      listen(context, 'ALERTMANAGER_PORT'),
    ],
    env: {
      ...Object.fromEntries(alertmanagerVariables.map((variable) => [variable, context.env[variable]])),
      ALERT_BOT_URL: `http://${context.addresses['alert-bot']}/alert`,
      ALERTMANAGER_BIN: program,
      RENDER_DIR: `${context.directory}/config/alertmanager/rendered`,
    },
    healthUrl: healthUrl(context, 'alertmanager', '/-/ready'),
  }),
  'node-exporter': (context) => ({
    args: [listen(context, 'NODE_EXPORTER_PORT')],
    healthUrl: healthUrl(context, 'node-exporter', '/'),
  }),
  'blackbox-exporter': (context) => ({
    args: [`--config.file=${context.directory}/config/blackbox.yml`, listen(context, 'BLACKBOX_EXPORTER_PORT')],
    healthUrl: healthUrl(context, 'blackbox-exporter', '/-/healthy'),
  }),
  'postgres-exporter': (context) => ({
    args: [listen(context, 'POSTGRES_EXPORTER_PORT')],
    env: { DATA_SOURCE_NAME: `${context.database.monitorUrl}?sslmode=disable` },
    healthUrl: healthUrl(context, 'postgres-exporter', '/'),
  }),
  grafana: (context, program) => ({
    args: [...(program.endsWith('grafana') ? ['server'] : []), '--homepath', grafanaHome(context.env)],
    env: grafanaVariables(context),
    healthUrl: healthUrl(context, 'grafana', '/api/health'),
  }),
};

const secretVariables = ['ALERT_BOT_TOKEN', 'SLACK_WEBHOOK_URL', 'SMTP_URL'];
const alertmanagerVariables = [
  ...secretVariables,
  ...secretVariables.map((name) => `${name}_FILE`),
  'MAIL_TO',
  'MAIL_FROM',
];

/** Where the packages of Grafana put it. */
const grafanaHome = (env: Env): string => env['GF_PATHS_HOME'] || '/usr/share/grafana';

const grafanaVariables = ({ config, ports, links, directory, env, database }: PartContext): Env => ({
  GF_SERVER_HTTP_ADDR: config.BIND_ADDRESS,
  GF_SERVER_HTTP_PORT: String(ports.GRAFANA_PORT),
  GF_SERVER_ROOT_URL: links.grafana,
  GF_SECURITY_ADMIN_USER: env['GRAFANA_ADMIN_USER'] || 'admin',
  GF_SECURITY_ADMIN_PASSWORD: env['GRAFANA_ADMIN_PASSWORD'] || 'admin',
  GF_PATHS_DATA: join(directory, 'grafana'),
  GF_PATHS_LOGS: join(directory, 'grafana/logs'),
  GF_PATHS_PROVISIONING: join(directory, 'config/grafana/provisioning'),
  GF_LOG_MODE: 'console',
  // nothing is downloaded and nobody is told
  GF_PLUGINS_PREINSTALL_DISABLED: 'true',
  GF_ANALYTICS_REPORTING_ENABLED: 'false',
  GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
  GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
  MONITOR_DB_PASSWORD: database.password,
});
