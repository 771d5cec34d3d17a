import { ConfigError } from '@stack/service-kit/config';
import { loadAlertBotConfig } from '../../config.ts';
import { labelOf, labels } from '../../runtime/docker/compose-labels.ts';
import { createDockerEngine } from '../../runtime/docker/docker-engine.ts';
import { commandOf, type SelfEvidence } from '../../runtime/docker/own-container.ts';
import type { Survey } from '../survey.ts';
import { isOptedIn, targetOf } from '../target-of-surveyed.ts';
import { checkAlertmanager } from './check-alertmanager.ts';
import { checkBots } from './check-bots.ts';
import { checkEngine } from './check-engine.ts';
import { checkLabels, type LabelSettings } from './check-labels.ts';
import { checkLog } from './check-log.ts';
import { checkProjects } from './check-projects.ts';
import { checkPrometheus } from './check-prometheus.ts';
import { checkRunbooks, type KnownTargets } from './check-runbooks.ts';
import { type Finding, problem, skipped } from './finding.ts';

type Config = ReturnType<typeof loadAlertBotConfig>;

export interface DoctorOverrides {
  self?: () => Promise<SelfEvidence>;
}

/** Looks at everything that the bot needs, with its own variables; touches nothing. */
export async function runDoctor(env: NodeJS.ProcessEnv, { self }: DoctorOverrides = {}): Promise<Finding[]> {
  let config: Config;
  try {
    config = loadAlertBotConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(configurationProblem);
  }
  const { findings, survey } = await lookAtEngine(config, self);
  if (survey?.own && commandOf(survey.own).includes('agent')) return findings;
  const settings = settingsOf(config, survey);
  const runbooks = await checkRunbooks(config.RUNBOOKS_PATH, survey && targetsOf(survey, settings));
  const others = await Promise.all([
    checkPrometheus(config.prometheus, runbooks.policy),
    checkAlertmanager(config.alertmanager, addressOf(config, survey)),
    checkLog(config.INCIDENT_LOG_PATH, survey),
  ]);
  return [...findings, ...runbooks.findings, ...others.flat()];
}

/** `NAME: what is wrong. What to do.` as the configuration says it. */
function configurationProblem(text: string): Finding {
  const [, name = ''] = /^([A-Z_]+):/.exec(text) ?? [];
  return problem('configuration', text, name ? `change ${name}` : 'change the variable');
}

/** What only the engine can say. Behind an agent the agent's container has the socket, so that it is asked there. */
async function lookAtEngine(
  config: Config,
  self: DoctorOverrides['self'],
): Promise<{ findings: Finding[]; survey?: Survey }> {
  if (config.RUNTIME === 'agent')
    return {
      findings: [skipped('engine', 'RUNTIME=agent: ask in its container, docker compose exec agent alert-bot doctor')],
    };
  let engine: ReturnType<typeof createDockerEngine>;
  try {
    engine = createDockerEngine({
      dockerHost: config.DOCKER_HOST ?? 'unix:///var/run/docker.sock',
      tlsVerify: config.DOCKER_TLS_VERIFY,
      certPath: config.DOCKER_CERT_PATH,
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { findings: error.problems.map(configurationProblem) };
  }
  const { findings, survey } = await checkEngine(engine, self);
  if (!survey) return { findings };
  const settings = settingsOf(config, survey);
  const projects = checkProjects(survey, settings);
  const labelled = projects.some(({ level }) => level === 'problem') ? [] : checkLabels(survey, settings);
  return { findings: [...findings, ...projects, ...labelled, ...(await checkBots(engine, survey))], survey };
}

function settingsOf({ COMPOSE_PROJECT, PROJECTS, OPT_IN_LABEL }: Config, survey: Survey | undefined): LabelSettings {
  const own = survey?.own && labelOf(survey.own.Config.Labels, labels.project);
  return { home: COMPOSE_PROJECT ?? own, projects: PROJECTS, optInLabel: OPT_IN_LABEL };
}

/** Every target that a runbook may name, by its text; undefined where it is not known which project is home. */
function targetsOf({ containers }: Survey, settings: LabelSettings): KnownTargets | undefined {
  if (settings.home === undefined && settings.projects.length === 0) return undefined;
  const targets = new Map<string, { optedIn: boolean }>();
  for (const one of containers) {
    const text = targetOf(one, settings.home);
    if (text !== undefined) targets.set(text, { optedIn: isOptedIn(one, settings) });
  }
  return targets;
}

/** Under which names others may know the bot, as far as its own container tells. */
function addressOf({ ALERT_BOT_TOKEN }: Config, survey: Survey | undefined) {
  const own = survey?.own;
  const aliases = Object.values(own?.NetworkSettings.Networks ?? {}).flatMap((endpoint) => [
    ...(endpoint.Aliases ?? []),
    ...(endpoint.DNSNames ?? []),
  ]);
  const hosts = own ? [...new Set([...aliases, own.Name.replace(/^\//, '')])] : [];
  return { hosts, hasToken: ALERT_BOT_TOKEN !== undefined };
}
