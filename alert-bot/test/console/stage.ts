import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { onTestFinished } from 'vitest';
import { type FakeEngine, startFakeEngine } from '../runtime/fake-engine.ts';
import { composeBody, seedService } from '../runtime/fake-world.ts';
import { tempDir } from '../support/temp-dir.ts';
import { job, type RecordedPrometheus, recordedPrometheus, steadily } from '../verify/recorded-prometheus.ts';
import { type PastOptions, writePastIncidents } from './past-incidents.ts';

const runbooks = `version: 1

defaults:
  cooldown: 5s
  backoff: { initial: 60s, max: 10m }
  attempts: { max: 3, within: 30m }
  verify: { within: 20s, stable: 2s }

runbooks:
  - name: api-high-latency
    match: { alertname: APIHighLatency }
    action: { restart: api }

  - name: worker-stalled
    match: { alertname: WorkerStalled }
    mode: approve
    action: { restart: worker }
    limits: { attempts: { max: 1, within: 1h } }
    verify: { within: 3s, stable: 1s }
`;

export interface Stage {
  bot: SpawnedService;
  engine: FakeEngine;
  prometheus: RecordedPrometheus;
  logPath: string;
  /** Lets an alert fire, in Prometheus and at the bot. */
  fire(labels: Record<string, string>, annotations?: Record<string, string>): Promise<string>;
  /** The rule does not hold any more. */
  calm(alertname: string): void;
  kill(): Promise<void>;
  /** The same bot again, on its port and its log. */
  startAgain(): Promise<void>;
}

export interface StageOptions {
  env?: Record<string, string>;
  past?: PastOptions;
  /** How many looks the restarted API takes to become healthy. */
  healthyAfter?: number;
  /** Whether the containers of api and worker have the label. */
  optedIn?: boolean;
  /** More containers than the usual ones. */
  seed?: (engine: FakeEngine) => void;
  /** What the worker's log holds. */
  workerLog?: string[];
}

/** The real bot between a fake engine and a scripted Prometheus. Ends with the test. */
export async function setStage({
  env = {},
  past,
  healthyAfter = 2,
  seed,
  workerLog,
  optedIn = true,
}: StageOptions = {}): Promise<Stage> {
  const folder = await tempDir();
  const logPath = join(folder, 'incident_log.jsonl');
  const runbooksPath = join(folder, 'runbooks.yml');
  writeFileSync(runbooksPath, runbooks);
  if (past) writePastIncidents(logPath, past);
  const engine = await startFakeEngine();
  onTestFinished(() => engine.stop());
  seed?.(engine);
  seedServices(engine, healthyAfter, workerLog);
  if (!optedIn) for (const { Config } of engine.state.containers) delete Config.Labels?.['self-healing.enable'];
  const prometheus = await recordedPrometheus({
    rules: [{ name: 'APIHighLatency' }, { name: 'WorkerStalled' }],
    up: [steadily(job('api')), steadily(job('worker', 'b:80'))],
    origins: [job('api'), job('worker', 'b:80')],
  });
  const start = (port: number) =>
    spawnService('alert-bot', {
      DOCKER_HOST: engine.dockerHost,
      COMPOSE_PROJECT: 'demo',
      INCIDENT_LOG_PATH: logPath,
      RUNBOOKS_PATH: runbooksPath,
      PROMETHEUS_URL: prometheus.server.url,
      PROMETHEUS_LINK_URL: 'http://localhost:9090',
      GRAFANA_LINK_URL: 'http://localhost:3000',
      PORT: String(port),
      ...env,
    });
  let bot = await start(0);
  onTestFinished(async () => void (await bot.stop()));
  const { port } = bot;
  const stage: Stage = {
    bot,
    engine,
    prometheus,
    logPath,
    fire: async (labels, annotations = {}) => {
      const rule = prometheus.rules.find(({ name }) => name === labels['alertname']);
      if (rule) rule.alerts = [{ labels, state: 'firing' }];
      const alert = { labels, annotations, startsAt: new Date(Date.now() - 21_000).toISOString(), generatorURL };
      const headers = { 'content-type': 'application/json', ...authorizationOf(env) };
      const answer = await fetch(`${stage.bot.url}/alert`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ alerts: [alert] }),
      });
      const { results } = (await answer.json()) as { results: { incident: string }[] };
      return (results[0] as { incident: string }).incident;
    },
    calm: (alertname) => {
      const rule = prometheus.rules.find(({ name }) => name === alertname);
      if (rule) rule.alerts = [];
    },
    kill: async () => {
      bot.kill('SIGKILL');
      await bot.exited;
    },
    startAgain: async () => {
      bot = await start(port);
      stage.bot = bot;
    },
  };
  return stage;
}

const generatorURL =
  'http://prometheus:9090/graph?g0.expr=job%3Ahttp_request_duration_seconds%3Ap95%20%3E%200.2&g0.tab=1';

function authorizationOf({ ALERT_BOT_TOKEN: token }: Record<string, string>): Record<string, string> {
  return token ? { authorization: `Bearer ${token}` } : {};
}

const apiLog = [
  '{"level":30,"msg":"listening","port":8000}',
  '{"level":40,"msg":"slow request","path":"/transactions","ms":412}',
  '{"level":40,"msg":"slow request","path":"/transactions","ms":437}',
  '{"level":50,"msg":"timeout of the pool","waiting":18}',
];

const mebibyte = 1_048_576;

function seedServices(engine: FakeEngine, healthyAfter: number, workerLog = ['batch settled', 'batch settled']): void {
  const api = seedService(
    engine,
    'api',
    { host: { Memory: 384 * mebibyte } },
    { log: apiLog, healthyAfter: 1, uses: { usage: 143 * mebibyte, inactiveFile: 20 * mebibyte } },
  );
  seedService(engine, 'worker', { host: { Memory: 192 * mebibyte } }, { log: workerLog, healthyAfter: 1 });
  for (const name of ['db', 'prometheus', 'alertmanager', 'grafana'])
    engine.seed(`demo-${name}-1`, composeBody(name, { labels: { 'self-healing.enable': 'false' } }));
  const startedAt = new Date(Date.now() - 3 * 86_400_000 - 7_200_000).toISOString();
  for (const { State, behaviour } of engine.state.containers) {
    State.StartedAt = startedAt;
    State.Health = { Status: 'healthy', Log: [{ ExitCode: 0, Output: 'ok' }] };
    behaviour.startsNow = true;
  }
  api.behaviour.healthyAfter = healthyAfter; // after its next start
}
