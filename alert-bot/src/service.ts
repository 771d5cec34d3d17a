import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Clock, systemClock } from '@stack/service-kit/clock';
import { createHealth } from '@stack/service-kit/health';
import { startHttpServer } from '@stack/service-kit/http-server';
import { createLifecycle, type Lifecycle } from '@stack/service-kit/lifecycle';
import { createLogger, type Logger } from '@stack/service-kit/logger';
import type { Service } from '@stack/service-kit/run-main';
import { serviceVersion } from '@stack/service-kit/version';
import { createApp } from './app.ts';
import type { AlertBotConfig } from './config.ts';
import { withMemory } from './console/with-memory.ts';
import { watchContainers } from './containers/watch-containers.ts';
import { createRuntime } from './create-runtime.ts';
import type { HealerTiming } from './healer/core.ts';
import { createHealer } from './healer/create-healer.ts';
import type { Healer } from './healer/healer.ts';
import { LogLost, openIncidentLog } from './incidents/incident-log.ts';
import {
  type AlertBotMetrics,
  createAlertBotMetrics,
  registerHealerGauges,
  registerLink,
  registerSourceGauge,
  toHealerMetrics,
} from './metrics.ts';
import { createEmailChannel } from './notify/email.ts';
import { createMessenger } from './notify/messenger.ts';
import { createNotifier } from './notify/notifier.ts';
import { createSlackChannel } from './notify/slack.ts';
import { type RunbookSource, watchRunbooks } from './runbooks/runbook-source.ts';
import type { Runtime } from './runtime/runtime.ts';
import { answerCopies } from './sources/answer-copies.ts';
import { createEngineAlerts } from './sources/create-engine-alerts.ts';
import type { AlertSource } from './verify/alert-source.ts';
import { createAlertSource } from './verify/create-alert-source.ts';
import { probeRegularly } from './verify/probe-regularly.ts';

export interface ServiceOverrides {
  clock?: Clock;
  logger?: Logger;
  runtime?: Runtime;
  timing?: Partial<HealerTiming>;
}

export interface AlertBotService extends Service {
  /** The server's address, once started. */
  url(): string;
}

/**
 * Wires the bot. The log is opened and its unfinished incidents are taken up before the first alert is accepted; a
 * container runtime, Prometheus or Alertmanager that is away does not keep it from starting.
 */
export function createService(config: AlertBotConfig, overrides: ServiceOverrides = {}): AlertBotService {
  const logger = overrides.logger ?? createLogger({ service: 'alert-bot', level: config.LOG_LEVEL });
  const lifecycle = createLifecycle({ logger });
  let fail: (why: Error) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined); // nobody has to listen
  let url = '';

  const start = async () => {
    const runbookMarkdown = readRunbookPage();
    if (runbookMarkdown === undefined) logger.error('RUNBOOK.md is not beside the program: /runbooks has no page');
    const runtime = overrides.runtime ?? createRuntime(config, logger);
    lifecycle.onStop('runtime', async () => runtime.close?.());
    const runbooks = await watchRunbooks({ path: config.RUNBOOKS_PATH, logger });
    lifecycle.onStop('runbooks', () => runbooks.stop());
    const metrics = createAlertBotMetrics();
    let healer: Healer;
    const { clock = systemClock } = overrides;
    const engine = createEngineAlerts({
      ...{ config, clock, logger, lifecycle, runtime, botUrl: botUrlOf(config) },
      healer: () => healer,
    });
    const alertSource = createAlertSource({ ...config, engine, logger });
    registerSourceGauge(metrics.metrics, () => alertSource.status());
    registerLink(metrics.metrics, botUrlOf(config));
    lifecycle.onStop('questions to the alert sources', probeRegularly(alertSource));
    const parts = { config, overrides, logger, lifecycle, runtime, alertSource, runbooks, metrics, fail };
    healer = startHealer(parts);
    lifecycle.onStop('healer', () => healer.stop());
    if (engine) lifecycle.onStop('alerts of the engine', () => engine.stop());
    registerHealerGauges(metrics, () => healer.stats());
    await healer.start();
    engine?.start();
    const { registry } = metrics.metrics;
    const samples = watchContainers({
      ...{ runtime, lifecycle, logger },
      intervalMs: config.CONTAINER_METRICS_INTERVAL_MS,
      registry: isExportedByAgent(config) ? undefined : registry,
    });
    const { express, stream } = createApp({
      healer: {
        ...healer,
        views: withMemory(healer.views, samples),
        ...(engine && { intake: answerCopies({ healer, engine, metrics }) }),
      },
      health: createBotHealth(healer, runtime, alertSource, runbookMarkdown !== undefined),
      metrics,
      logger,
      token: config.ALERT_BOT_TOKEN,
      allowedHosts: config.ALLOWED_HOSTS,
      publicOrigin: config.PUBLIC_URL,
      links: { prometheus: config.PROMETHEUS_LINK_URL, grafana: config.GRAFANA_LINK_URL },
      now: () => Date.now(),
      runbookMarkdown,
    });
    // a payload of 16 MB over a slow link takes its time; headers do not
    const server = await startHttpServer(express, {
      host: config.HOST,
      port: config.PORT,
      logger,
      requestTimeoutMs: 30_000,
    });
    lifecycle.onStop('http server', () => server.stop());
    lifecycle.onStop('event streams', () => stream.close());
    url = server.url;
    if (!config.ALERT_BOT_TOKEN)
      logger.warn('ALERT_BOT_TOKEN is not set: whoever can connect can send alerts and pause the bot');
  };
  return { logger, start, stop: () => lifecycle.stop(), url: () => url, failed };
}

/** Prometheus scrapes an agent that listens on a network; for one behind a unix socket the bot passes the samples on. */
const isExportedByAgent = ({ RUNTIME, AGENT_URL }: AlertBotConfig): boolean =>
  RUNTIME === 'agent' && AGENT_URL?.startsWith('unix:') !== true;

/** Where a browser reaches the bot. */
const botUrlOf = ({ PUBLIC_URL, PORT }: AlertBotConfig): string => PUBLIC_URL ?? `http://localhost:${PORT}`;

interface Parts {
  config: AlertBotConfig;
  overrides: ServiceOverrides;
  logger: Logger;
  lifecycle: Lifecycle;
  runtime: Runtime;
  alertSource: AlertSource;
  runbooks: RunbookSource;
  metrics: AlertBotMetrics;
  /** The bot cannot go on. */
  fail: (why: Error) => void;
}

function startHealer(parts: Parts): Healer {
  const { config, overrides, logger, lifecycle, runtime, alertSource, runbooks, metrics, fail } = parts;
  const { clock = systemClock, timing } = overrides;
  const { INCIDENT_LOG_PATH: path, INCIDENT_LOG_MAX_BYTES: maxBytes } = config;
  const log = {
    ...{ path, maxBytes, now: () => clock.now() },
    lock: { onLost: () => fail(new LogLost()) },
    onRestored: () =>
      logger.error({ path }, 'the incident log was changed by others; a new one begins with the memory'),
  };
  const channels = channelsOf(config);
  const messenger = createMessenger({
    channels,
    clock,
    logger,
    onResult: (channel, result) => metrics.notifications.inc({ channel, result }),
  });
  lifecycle.onStop('messages to people', () => messenger.stop());
  return createHealer({
    openLog: (memory) => openIncidentLog({ ...log, memory }),
    runtime,
    alertSource,
    runbooks,
    clock,
    logger,
    notifier: createNotifier(messenger),
    channels,
    botUrl: botUrlOf(config),
    metrics: toHealerMetrics(metrics),
    version: serviceVersion,
    home: config.RUNTIME === 'agent' ? undefined : config.COMPOSE_PROJECT,
    ...(timing && { timing }),
  });
}

/** A dry run calls nobody: its repairs never help, because they are not done. */
function channelsOf({ RUNTIME, SLACK_WEBHOOK_URL, SMTP_URL, MAIL_FROM, MAIL_TO }: AlertBotConfig) {
  if (RUNTIME === 'dry-run') return [];
  return [
    ...(SLACK_WEBHOOK_URL ? [createSlackChannel(SLACK_WEBHOOK_URL)] : []),
    ...(SMTP_URL && MAIL_TO ? [createEmailChannel({ smtpUrl: SMTP_URL, from: MAIL_FROM, to: MAIL_TO })] : []),
  ];
}

/**
 * Without its log the bot takes nothing: 503. A runtime or a source of alerts that is away is shown only: restarting the bot
 * cures neither.
 */
function createBotHealth(healer: Healer, runtime: Runtime, alertSource: AlertSource, hasRunbookPage: boolean) {
  const sources = alertSource.status().map(({ source }) => source);
  const checks = {
    incident_log: () => {
      if (!healer.stats().log.writable) throw new Error('the incident log cannot be written');
    },
    runtime: () => runtime.ping(),
    projects: () => {
      const missing = healer.stats().missingProjects;
      if (missing.length > 0) throw new Error(`PROJECTS names ${missing.join(', ')}, where there is no container.`);
    },
    other_bots: () => {
      const { otherBots } = healer.stats();
      if (otherBots.length > 0)
        throw new Error(
          `Another bot, ${otherBots.join(', ')}, repairs the same containers: this one only observes them.`,
        );
    },
    runbooks: () => {
      const { lastError } = healer.stats().runbooks;
      if (lastError !== null) throw new Error(lastError);
      if (!hasRunbookPage) throw new Error('RUNBOOK.md is not beside the program, so /runbooks has no page.');
    },
    ...Object.fromEntries(sources.map((source) => [source, () => checkSource(alertSource, source)])),
  };
  return createHealth(checks, 1_000, ['runtime', 'projects', 'other_bots', 'runbooks', ...sources]);
}

function checkSource(alertSource: AlertSource, name: string): void {
  const status = alertSource.status().find(({ source }) => source === name);
  if (!status) throw new Error('this runtime does not tell what happens to containers');
  if (!status.up) throw new Error(status.error);
}

/** Beside `src` and `dist` in the repository, beside the bundle in the image. */
function readRunbookPage(): string | undefined {
  const candidates = ['./RUNBOOK.md', '../RUNBOOK.md'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = candidates.find((path) => existsSync(path));
  return found && readFileSync(found, 'utf8');
}
