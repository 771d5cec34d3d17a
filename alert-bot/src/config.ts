import {
  ConfigError,
  choice,
  commonVariables,
  type Env,
  integer,
  loadConfig,
  optionalSecret,
  optionalText,
  optionalUrl,
  text,
} from '@stack/service-kit/config';

const token = () =>
  optionalSecret('must have at least 16 characters without spaces', (value) => /^\S{16,}$/.test(value));

const variables = {
  ...commonVariables(5001),
  RUNTIME: choice(['docker', 'agent', 'dry-run'], 'docker'),
  DOCKER_HOST: optionalText(),
  COMPOSE_PROJECT: optionalText(),
  SCRAPE_NETWORK: optionalText(),
  AGENT_URL: optionalUrl(['http:', 'unix:']),
  AGENT_TOKEN: token(),
  INCIDENT_LOG_PATH: text('incident_log.jsonl'),
  INCIDENT_LOG_MAX_BYTES: integer({ min: 65_536, max: 10_737_418_240, unit: 'bytes', fallback: 67_108_864 }),
  RUNBOOKS_PATH: text('runbooks.yml'),
  ALERT_BOT_TOKEN: token(),
  PROMETHEUS_URL: optionalUrl(),
  ALERTMANAGER_URL: optionalUrl(),
  SLACK_WEBHOOK_URL: optionalSecret(
    'must be an http or https address',
    (value) => /^https?:\/\//.test(value) && URL.canParse(value),
  ),
  SMTP_URL: optionalSecret('must be an address like smtp://user:password@host:587', (value) =>
    /^smtps?:\/\//.test(value),
  ),
  MAIL_FROM: text('alert-bot@localhost'),
  MAIL_TO: optionalText(),
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
  if (config.SMTP_URL !== undefined && config.MAIL_TO === undefined)
    problems.push('MAIL_TO: is required with SMTP_URL: the address that gets the messages.');
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

const agentVariables = {
  ...commonVariables(5001),
  DOCKER_HOST: optionalText(),
  COMPOSE_PROJECT: optionalText(),
  SCRAPE_NETWORK: optionalText(),
  AGENT_TOKEN: token(),
  AGENT_MAX_REPLICAS: integer({ min: 1, max: 100, fallback: 10 }),
};

/**
 * Reads the variables of the role `agent`: few, because it holds the power and should know little.
 * @throws ConfigError
 */
export function loadAgentConfig(env: Env) {
  return loadConfig(agentVariables, env);
}
