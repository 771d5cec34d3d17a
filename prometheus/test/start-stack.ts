import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { createTestDatabase, type TestDatabase } from '@stack/test-kit/test-database';
import { startFakeEngine } from '../../alert-bot/test/runtime/fake-engine.ts';
import { project, seedService } from '../../alert-bot/test/runtime/fake-world.ts';
import { findTools } from '../src/find-tools.ts';
import { freePort } from '../src/free-port.ts';
import { retargetScrapes } from '../src/retarget-scrapes.ts';
import { prometheusFolder } from '../src/rule-files.ts';
import { shortenRules } from '../src/shorten-rules.ts';
import { type RunningProgram, startProgram } from '../src/start-program.ts';

const programs = ['prometheus', 'alertmanager', 'node_exporter', 'blackbox_exporter', 'postgres_exporter'] as const;

export const missingPrograms = programs.filter((name) => findTools(name).length === 0);

export interface Stack {
  prometheus: string;
  alertmanager: string;
  api: SpawnedService;
  worker: SpawnedService;
  alertBot: SpawnedService;
  database: TestDatabase;
  stop(): Promise<void>;
}

export interface StackOptions {
  /** Which of the installed versions: 0 is the newest. */
  version?: number;
  /** Rewrites a copied rule file; by default windows, `for` and the minutes between evaluations of the objectives become seconds. */
  rewriteRules?: (text: string) => string;
  global?: Record<string, string>;
}

const secondsInsteadOfMinutes = (text: string) => shortenRules(text).replaceAll('interval: 1m', 'interval: 2s');

/**
 * The three services, bundled as their images ship them, the exporters, Alertmanager and Prometheus with the committed
 * configuration at addresses of its own. Nothing is restarted: the bot's runtime is `dry-run`, and the containers that it
 * measures are those of a fake engine.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const folder = await mkdtemp(join(tmpdir(), 'truth-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  const run = (name: (typeof programs)[number], args: string[], env?: NodeJS.ProcessEnv): RunningProgram => {
    const versions = findTools(name);
    const program = startProgram(versions[Math.min(options.version ?? 0, versions.length - 1)]!, args, env);
    stops.push(program.stop);
    return program;
  };
  try {
    return { ...(await start(folder, run, stops, options)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  folder: string,
  run: (name: (typeof programs)[number], args: string[], env?: NodeJS.ProcessEnv) => RunningProgram,
  stops: (() => Promise<unknown>)[],
  {
    rewriteRules = secondsInsteadOfMinutes,
    global = { scrape_interval: '2s', evaluation_interval: '1s', scrape_timeout: '2s' },
  }: StackOptions,
): Promise<Omit<Stack, 'stop'>> {
  const [prometheusPort, alertmanagerPort, nodePort, blackboxPort, postgresPort] = (await Promise.all(
    programs.map(() => freePort()),
  )) as [number, number, number, number, number];
  const at = (port: number) => `127.0.0.1:${port}`;

  const database = await createTestDatabase();
  stops.push(() => database.drop());
  await acceptExporter(database);
  const common = { LOG_LEVEL: 'warn', DATABASE_URL: database.url, FAULTS_ENABLED: 'true' };
  const api = await spawnService('api', { ...common, LOG_LEVEL: 'info' });
  stops.push(() => api.stop());
  const worker = await spawnService('worker', { ...common, LOG_LEVEL: 'info', GENERATE_INTERVAL_MS: '2000' });
  stops.push(() => worker.stop());
  const engine = await startFakeEngine();
  stops.push(() => engine.stop());
  for (const service of ['api', 'worker']) seedService(engine, service, { host: { NanoCpus: 1e9 } });
  const alertBot = await spawnService('alert-bot', {
    RUNTIME: 'dry-run',
    DOCKER_HOST: engine.dockerHost,
    COMPOSE_PROJECT: project,
    INCIDENT_LOG_PATH: join(folder, 'incident_log.jsonl'),
    RUNBOOKS_PATH: join(prometheusFolder, '../alert-bot/runbooks.yml'),
    PROMETHEUS_URL: `http://${at(prometheusPort)}`,
    ALERTMANAGER_URL: `http://${at(alertmanagerPort)}`,
  });
  stops.push(() => alertBot.stop());

  run('node_exporter', [`--web.listen-address=${at(nodePort)}`]);
  run('blackbox_exporter', [
    `--web.listen-address=${at(blackboxPort)}`,
    `--config.file=${join(prometheusFolder, 'blackbox.yml')}`,
  ]);
  run('postgres_exporter', [`--web.listen-address=${at(postgresPort)}`], {
    DATA_SOURCE_NAME: `${database.monitorUrl}?sslmode=disable`,
  });
  await writeFile(join(folder, 'alertmanager.yml'), await alertmanagerConfig(alertBot.url));
  run('alertmanager', [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${join(folder, 'alertmanager')}`,
    `--web.listen-address=${at(alertmanagerPort)}`,
    '--cluster.listen-address=',
  ]);

  const read = (name: string) => readFile(join(prometheusFolder, name), 'utf8');
  for (const name of ['recording.rules.yml', 'alert.rules.yml'])
    await writeFile(join(folder, name), rewriteRules(await read(name)));
  const targets = {
    jobs: {
      api: [at(api.port)],
      worker: [at(worker.port)],
      'alert-bot': [at(alertBot.port)],
      'blackbox-exporter': [at(blackboxPort)],
      'node-exporter': [at(nodePort)],
      'postgres-exporter': [at(postgresPort)],
      alertmanager: [at(alertmanagerPort)],
      prometheus: [at(prometheusPort)],
    },
    probe: { exporter: at(blackboxPort), apiUrl: api.url },
    alertmanagers: [at(alertmanagerPort)],
  };
  await writeFile(join(folder, 'prometheus.yml'), retargetScrapes(await read('prometheus.yml'), targets, global));
  const prometheus = run('prometheus', [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'prometheus')}`,
    `--web.listen-address=${at(prometheusPort)}`,
  ]);
  const url = `http://${at(prometheusPort)}`;
  await eventually(async () => (await fetch(`${url}/-/ready`)).ok, { timeoutMs: 30_000 }).catch((error: Error) => {
    throw new Error(`${error.message}\n${prometheus.output()}`);
  });
  return { prometheus: url, alertmanager: `http://${at(alertmanagerPort)}`, api, worker, alertBot, database };
}

/** The tests' PostgreSQL stores passwords with one SCRAM iteration, to be quick; the exporter's driver refuses fewer than 4096. */
async function acceptExporter({ query, monitorUrl }: TestDatabase): Promise<void> {
  await query('SET scram_iterations = 4096');
  await query(`ALTER ROLE monitor PASSWORD '${new URL(monitorUrl).password}'`);
}

async function alertmanagerConfig(alertBotUrl: string): Promise<string> {
  const folder = join(prometheusFolder, '../alertmanager');
  return (await readFile(join(folder, 'config.yml'), 'utf8'))
    .replaceAll('http://alert-bot:5001', alertBotUrl)
    .replace('templates/*.tmpl', join(folder, 'templates/*.tmpl'));
}
