import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { runDoctor } from '../../src/cli/doctor/run-doctor.ts';
import { type FakeEngine, startFakeEngine } from '../runtime/fake-engine.ts';
import { composeBody, type ServiceOverrides } from '../runtime/fake-world.ts';

export const botLabels = {
  'org.opencontainers.image.title': 'observability-stack-alert-bot',
  'self-healing.enable': 'no',
};

const goodRoutes = `
route:
  receiver: people
  routes:
    - { receiver: alert-bot, continue: true }
    - { receiver: people }
receivers:
  - name: alert-bot
    webhook_configs: [{ url: 'http://alert-bot:5001/alert', send_resolved: true }]
  - name: people
`;

/** A set-up in which everything is as it should be, to be broken by a test. */
export async function createDoctorWorld() {
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  const engine = await startFakeEngine();
  const neighbours = await startNeighbours();
  const seed = (project: string, service: string, { labels, ...overrides }: ServiceOverrides = {}) =>
    engine.seed(
      `${project}-${service}-1`,
      composeBody(service, {
        ...overrides,
        labels: {
          'com.docker.compose.project': project,
          'com.docker.compose.project.working_dir': `/srv/${project}`,
          ...labels,
        },
      }),
    );
  const bot = seed('shop', 'alert-bot', { labels: botLabels, config: { Cmd: [], Entrypoint: ['alert-bot'] } });
  bot.Mounts = [{ Type: 'volume', Destination: folder }];
  seed('shop', 'web');
  const runbooks = join(folder, 'runbooks.yml');
  await writeFile(
    runbooks,
    'version: 1\nrunbooks:\n  - name: web\n    match: { alertname: SiteDown }\n    action: { restart: web }\n',
  );
  await mkdir(join(folder, 'log'));
  const env: Record<string, string> = {
    DOCKER_HOST: engine.dockerHost,
    RUNBOOKS_PATH: runbooks,
    INCIDENT_LOG_PATH: join(folder, 'log/incident_log.jsonl'),
    PROMETHEUS_URL: neighbours.url,
    ALERTMANAGER_URL: neighbours.url,
  };
  const self = async () => ({ hostname: bot.Id.slice(0, 12), mountinfo: '', cgroup: '' });
  return {
    folder,
    engine,
    env,
    seed,
    bot,
    neighbours,
    runbooks,
    examine: (): Promise<Finding[]> => runDoctor(env, { self }),
    /** As `docker run --rm … doctor` asks: from a container that is not the bot's. */
    examineFrom: (hostname: string): Promise<Finding[]> =>
      runDoctor(env, { self: async () => ({ hostname, mountinfo: '', cgroup: '' }) }),
    stop: async () => {
      await engine.stop();
      neighbours.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type DoctorWorld = Awaited<ReturnType<typeof createDoctorWorld>>;

/** A Prometheus and an Alertmanager that say what a test wants to hear. */
async function startNeighbours() {
  const answers = new Map<string, unknown>([
    ['/api/v1/rules', { status: 'success', data: { groups: [{ rules: [{ type: 'alerting', name: 'SiteDown' }] }] } }],
    [
      '/api/v1/alertmanagers',
      { status: 'success', data: { activeAlertmanagers: [{ url: 'http://alertmanager:9093' }] } },
    ],
  ]);
  const say = (routes: string) => answers.set('/api/v2/status', { config: { original: routes } });
  say(goodRoutes);
  const server: Server = createServer((req, res) => {
    const body = answers.get(new URL(req.url ?? '', 'http://x').pathname);
    res.writeHead(body === undefined ? 404 : typeof body === 'number' ? body : 200, {
      'content-type': 'application/json',
    });
    res.end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    answers,
    /** What Alertmanager shows as its configuration. */
    say,
    goodRoutes,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export type { FakeEngine };
