import {
  boolean,
  ConfigError,
  choice,
  commonVariables,
  type Env,
  integer,
  loadConfig,
  optionalOrigin,
  optionalSecret,
  optionalText,
  optionalUrl,
  text,
} from '@stack/service-kit/config';
import { areMailAddresses, isMailAddress } from './notify/mail-addresses.ts';
import { isSlackAddress } from './notify/slack-address.ts';
import { parseSmtpAddress } from './notify/smtp-address.ts';
import { labels } from './runtime/docker/compose-labels.ts';
import { projectNames } from './targets/project-names.ts';
import { isProjectName } from './targets/target-name.ts';
import { readSourceAddress, type SourceAddress, SourceAddressError } from './verify/source-address.ts';

const token = () =>
  optionalSecret('must have at least 16 characters without spaces', (value) => /^\S{16,}$/.test(value));

const bearerToken = () =>
  optionalSecret('must be one word of printable ASCII', (value) => /^[\x21-\x7e]+$/.test(value));

/** An address for browsers, or `none`: there are no pages, so nothing links to them, whatever an alert names. */
const optionalLink = () =>
  optionalText()
    .refine(
      (value) => value === undefined || value === 'none' || optionalUrl().safeParse(value).success,
      'must be an address that starts with http:// or https://, or none',
    )
    .transform((value) => (value === 'none' ? null : value));
/** How often the containers are measured; 0: never. */
const containerMetricsInterval = () => integer({ min: 0, max: 300_000, unit: 'milliseconds', fallback: 5_000 });
/** Where the one who holds the socket may act. */
const scopeVariables = {
  COMPOSE_PROJECT: optionalText().refine(
    (name) => name === undefined || isProjectName(name),
    'must be the name of a compose project',
  ),
  PROJECTS: projectNames(),
  OPT_IN_LABEL: text(labels.enable).refine(
    // compose's own label has the service's name on every container, which would opt all of them in
    (name) => /^[\w.\-/]{1,200}$/.test(name) && name !== 'all' && !name.startsWith('com.docker.'),
    'must be the name of a label, for example autoheal; every container opts in for itself, so there is no "all"',
  ),
  SCRAPE_NETWORK: optionalText(),
};

const variables = {
  ...commonVariables(5001),
  RUNTIME: choice(['docker', 'agent', 'dry-run'], 'docker'),
  DOCKER_HOST: optionalText(),
  DOCKER_TLS_VERIFY: optionalText(),
  DOCKER_CERT_PATH: optionalText(),
  ...scopeVariables,
  ENGINE_ALERTS: boolean(true),
  CONTAINER_METRICS_INTERVAL_MS: containerMetricsInterval(),
  AGENT_URL: optionalUrl(['http:', 'unix:']),
  AGENT_TOKEN: token(),
  INCIDENT_LOG_PATH: text('incident_log.jsonl'),
  INCIDENT_LOG_MAX_BYTES: integer({ min: 65_536, max: 10_737_418_240, unit: 'bytes', fallback: 67_108_864 }),
  RUNBOOKS_PATH: optionalText(),
  ALERT_BOT_TOKEN: token(),
  PROMETHEUS_URL: optionalSecret(), // it may have a login in it, so that it is never repeated
  PROMETHEUS_USERNAME: optionalText(),
  PROMETHEUS_PASSWORD: optionalSecret(),
  PROMETHEUS_BEARER_TOKEN: bearerToken(),
  ALERTMANAGER_URL: optionalSecret(),
  ALERTMANAGER_USERNAME: optionalText(),
  ALERTMANAGER_PASSWORD: optionalSecret(),
  ALERTMANAGER_BEARER_TOKEN: bearerToken(),
  SLACK_WEBHOOK_URL: optionalSecret(
    'must be an https address without a login, a fragment or blanks (http only to a private host)',
    isSlackAddress,
  ),
  SMTP_URL: optionalSecret(),
  MAIL_FROM: text('alert-bot@localhost').refine(
    isMailAddress,
    'must be one address, such as Alert bot <bot@example.org>',
  ),
  MAIL_TO: optionalText().refine(
    (value) => value === undefined || areMailAddresses(value),
    'must be an address, or several with commas between them',
  ),
  PUBLIC_URL: optionalOrigin(),
  PROMETHEUS_LINK_URL: optionalLink(),
  GRAFANA_LINK_URL: optionalLink(),
};

export type AlertBotConfig = ReturnType<typeof loadAlertBotConfig>;

/**
 * Reads the bot's variables; README.md has them in a table.
 * @throws ConfigError
 */
export function loadAlertBotConfig(env: Env) {
  const config = loadConfig(variables, env);
  const problems: string[] = [];
  if (config.RUNTIME === 'agent' && config.AGENT_URL === undefined)
    problems.push(
      'AGENT_URL: is required with RUNTIME=agent, for example http://agent:5001 or unix:///run/agent.sock.',
    );
  problems.push(...smtpProblems(config.SMTP_URL));
  if (config.SMTP_URL !== undefined && config.MAIL_TO === undefined)
    problems.push('MAIL_TO: is required with SMTP_URL: the address that gets the messages.');
  const prometheus = sourceAddress('PROMETHEUS', config, problems);
  const alertmanager = sourceAddress('ALERTMANAGER', config, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...config, prometheus, alertmanager };
}

type Sources = 'PROMETHEUS' | 'ALERTMANAGER';
type SourceVariables = Partial<
  Record<`${Sources}_${'URL' | 'USERNAME' | 'PASSWORD' | 'BEARER_TOKEN'}`, string | undefined>
>;

/** A login that cannot be used is refused here: a source that never answers would make every outcome `unknown`. */
function sourceAddress(source: Sources, config: SourceVariables, problems: string[]): SourceAddress | undefined {
  const login = {
    username: config[`${source}_USERNAME`],
    password: config[`${source}_PASSWORD`],
    bearerToken: config[`${source}_BEARER_TOKEN`],
  };
  const url = config[`${source}_URL`];
  try {
    if (url !== undefined) return readSourceAddress(url, login);
    if (Object.values(login).some((value) => value !== undefined))
      problems.push(`${source}_URL: is required with a user, a password or a bearer token for it.`);
  } catch (error) {
    if (!(error instanceof SourceAddressError)) throw error;
    problems.push(`${source}_URL: ${error.message}.`);
  }
  return undefined;
}

/** With its own words, because of a secret address only the message can say what is wrong. */
function smtpProblems(address: string | undefined): string[] {
  try {
    if (address !== undefined) parseSmtpAddress(address);
    return [];
  } catch (error) {
    return [`SMTP_URL: ${(error as Error).message}.`];
  }
}

const agentVariables = {
  ...commonVariables(5001),
  DOCKER_HOST: optionalText(),
  DOCKER_TLS_VERIFY: optionalText(),
  DOCKER_CERT_PATH: optionalText(),
  ...scopeVariables,
  CONTAINER_METRICS_INTERVAL_MS: containerMetricsInterval(),
  AGENT_TOKEN: token(),
  AGENT_MAX_REPLICAS: integer({ min: 1, max: 100, fallback: 10 }),
  AGENT_REPAIRS_HELD: boolean(false),
  AGENT_MAX_ACTIONS_PER_HOUR: integer({ min: 1, max: 10_000, fallback: 60 }),
};

/**
 * Reads the variables of the role `agent`: few, because it holds the power and should know little.
 * @throws ConfigError
 */
export function loadAgentConfig(env: Env) {
  return loadConfig(agentVariables, env);
}
