import { join } from 'node:path';
import { askStatus, socketIn } from '../control-socket.ts';
import { localDirectory } from '../local-directory.ts';
import { reachable } from '../parts.ts';
import { howToGetPrograms } from '../programs.ts';
import { project } from '../project-name.ts';
import { requestJson } from './http-json.ts';
import { composeWorkers, scrapedWorkers, type WorkerAccess, workersAt } from './workers.ts';

/** A running stack, whoever runs it. */
export interface StackAccess {
  kind: 'local' | 'compose';
  api: string;
  alertBot: string;
  prometheus: string;
  alertmanager: string;
  grafana?: string;
  /** Bearer token of the alert bot, when it has one. */
  token?: string | undefined;
  /** Runs with the shortened rules. */
  fast: boolean;
  /** Variables that make a command of the alert bot look at this stack's replicas. */
  runtime: Record<string, string>;
  /** The replicas of the worker that run now, the first one first. */
  workers(): Promise<WorkerAccess[]>;
}

type Env = NodeJS.ProcessEnv;

/** The local stack of this clone, else what answers on the ports of the compose stack. */
export async function findStack(env: Env): Promise<StackAccess | undefined> {
  return (await findLocal(env)) ?? (await findOnPorts(env));
}

async function findLocal(env: Env): Promise<StackAccess | undefined> {
  return connectLocal(await localDirectory(env['LOCAL_DATA_DIR'] || undefined), env);
}

/** Without these nothing is noticed, and so nothing is repaired. */
const needed = ['prometheus', 'alertmanager'];

/**
 * The stack of a supervisor that keeps its data in `directory`; undefined when none is ready there.
 * @throws Error when what it needs to heal itself is not installed
 */
export async function connectLocal(directory: string, env: Env): Promise<StackAccess | undefined> {
  const socket = socketIn(directory, 'control.sock');
  const status = await askStatus(socket);
  if (!status?.ready || status.servicesOnly) return undefined;
  const missing = status.parts.filter(({ part, state }) => needed.includes(part) && state === 'missing');
  if (missing.length > 0)
    throw new Error(`The stack runs without ${missing.map(({ part }) => part).join(' and ')}.\n${howToGetPrograms}`);
  return {
    kind: 'local',
    ...status.urls,
    token: env['ALERT_BOT_TOKEN'] || undefined,
    fast: status.fast,
    runtime: {
      RUNTIME: 'agent',
      AGENT_URL: `unix://${socketIn(directory, 'agent.sock')}`,
      AGENT_TOKEN_FILE: join(directory, 'agent-token'),
    },
    workers: async () => {
      const now = await askStatus(socket);
      return workersAt(now?.workers ?? [], (url) => now?.parts.find((part) => part.url === url)?.pid);
    },
  };
}

async function findOnPorts(env: Env): Promise<StackAccess | undefined> {
  const host = reachable(env['BIND_ADDRESS'] || '127.0.0.1');
  const at = (port: string) => `http://${host}:${port}`;
  const stack = {
    api: env['API_URL'] || at(env['API_PORT'] || '8000'),
    alertBot: env['ALERT_BOT_URL'] || at(env['ALERT_BOT_PORT'] || '5001'),
    prometheus: env['PROMETHEUS_URL'] || at(env['PROMETHEUS_PORT'] || '9090'),
    alertmanager: env['ALERTMANAGER_URL'] || at(env['ALERTMANAGER_PORT'] || '9093'),
  };
  const answers = await Promise.all(
    [`${stack.api}/health/live`, `${stack.alertBot}/health/live`, `${stack.prometheus}/-/ready`].map(isThere),
  );
  if (!answers.every(Boolean)) return undefined;
  const { data } = await requestJson<{ data: { yaml: string } }>(`${stack.prometheus}/api/v1/status/config`);
  const isCompose = data.yaml.includes('dns_sd_configs');
  // the local stack, or the demo, of another clone: somebody else's story, unless it was named
  if (!isCompose && !env['API_URL']) return undefined;
  return {
    kind: isCompose ? 'compose' : 'local',
    ...stack,
    token: env['ALERT_BOT_TOKEN'] || undefined,
    fast: /^\s*evaluation_interval: 1s/m.test(data.yaml),
    runtime: { RUNTIME: 'docker', COMPOSE_PROJECT: env['COMPOSE_PROJECT_NAME'] || project },
    workers: () => (isCompose ? composeWorkers(env) : scrapedWorkers(stack.prometheus)),
  };
}

const isThere = (url: string) =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );

/** The first one is where a fault is set. */
export async function firstWorker(stack: StackAccess): Promise<WorkerAccess> {
  const [first] = await stack.workers();
  if (!first) throw new Error('no worker runs');
  return first;
}

export const howToStart = 'Start one first: `npm start`, or `docker compose up -d --build`.';
