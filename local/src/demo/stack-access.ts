import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { askStatus, socketIn } from '../control-socket.ts';
import { localDirectory } from '../local-directory.ts';
import { howToGetPrograms } from '../programs.ts';
import { project } from '../project-name.ts';
import { repository } from '../render-configuration.ts';
import { requestJson } from './http-json.ts';

/** A running stack, whoever runs it. */
export interface StackAccess {
  kind: 'local' | 'compose';
  api: string;
  alertBot: string;
  prometheus: string;
  grafana?: string;
  /** Bearer token of the alert bot, when it has one. */
  token?: string | undefined;
  /** Runs with the shortened rules. */
  fast: boolean;
  /** Variables that make a command of the alert bot look at this stack's replicas. */
  runtime: Record<string, string>;
  /** Sets the faults of the first worker replica. */
  breakWorker(faults: Record<string, unknown>): Promise<void>;
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
    breakWorker: async (faults) => {
      const [worker] = (await askStatus(socket))?.workers ?? [];
      if (worker === undefined) throw new Error('no worker runs');
      await requestJson(`${worker}/faults`, { method: 'PUT', body: faults });
    },
  };
}

async function findOnPorts(env: Env): Promise<StackAccess | undefined> {
  const at = (port: string) => `http://127.0.0.1:${port}`;
  const stack = {
    api: env['API_URL'] || at(env['API_PORT'] || '8000'),
    alertBot: env['ALERT_BOT_URL'] || at(env['ALERT_BOT_PORT'] || '5001'),
    prometheus: env['PROMETHEUS_URL'] || at(env['PROMETHEUS_PORT'] || '9090'),
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
    breakWorker: isCompose ? breakComposeWorker : (faults) => breakScrapedWorker(stack.prometheus, faults),
  };
}

/** The address at which Prometheus scrapes the first worker. */
async function breakScrapedWorker(prometheus: string, faults: Record<string, unknown>): Promise<void> {
  const { data } = await requestJson<{ data: { result: { metric: Record<string, string> }[] } }>(
    `${prometheus}/api/v1/query?${new URLSearchParams({ query: 'up{job="worker"}' })}`,
  );
  const instance = data.result[0]?.metric['instance'];
  if (instance === undefined) throw new Error('no worker runs');
  await requestJson(`http://${instance}/faults`, { method: 'PUT', body: faults });
}

const isThere = (url: string) =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );

/** The replicas publish no port, so the fault is set from inside the first one. */
function breakComposeWorker(faults: Record<string, unknown>): Promise<void> {
  const script = `fetch('http://127.0.0.1:8001/faults', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(JSON.stringify(faults))} }).then(async (r) => { if (!r.ok) throw new Error(await r.text()); })`;
  return new Promise((resolve, reject) => {
    execFile(
      'docker',
      ['compose', 'exec', '-T', 'worker', 'node', '-e', script],
      { cwd: repository, timeout: 15_000 },
      (error, _stdout, stderr) =>
        error ? reject(new Error(`docker compose exec worker failed: ${stderr || error.message}`)) : resolve(),
    );
  });
}

export const howToStart = 'Start one first: `npm start`, or `docker compose up -d --build`.';
