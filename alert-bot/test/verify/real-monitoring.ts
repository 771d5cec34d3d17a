import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { findTools } from '../../../prometheus/src/find-tools.ts';
import { freePort } from '../../../prometheus/src/free-port.ts';
import { type RunningProgram, startProgram } from '../../../prometheus/src/start-program.ts';

export const missingPrograms = ['prometheus', 'alertmanager'].filter((name) => findTools(name).length === 0);

/** Newest first. */
export const installedVersions = findTools('prometheus');

/** What a scrape of the target says; undefined: the scrape hangs. */
export interface Target {
  address: string;
  metrics: string | undefined;
}

export interface MonitoringOptions {
  rules: string;
  /** One entry of `alert_relabel_configs`. */
  alertRelabelling?: string;
  externalLabels?: Record<string, string>;
  /** Which of the installed versions: 0 is the newest. */
  version?: number;
  jobs?: readonly string[];
  /** Where Alertmanager sends all alerts, every second. */
  webhook?: string;
}

/** A real Prometheus and Alertmanager with rules in seconds, and a target for each job whose metrics the test sets. */
export interface Monitoring {
  prometheus: string;
  alertmanager: string;
  targets: ReadonlyMap<string, Target>;
  setRules(rules: string, relabelling?: string): Promise<void>;
  restartPrometheus(options?: { keepData?: boolean }): Promise<void>;
  restartAlertmanager(): Promise<void>;
  silence(matchers: readonly object[], seconds?: number): Promise<string>;
  expire(silence: string): Promise<void>;
  alerts(): Promise<{ labels: Record<string, string>; fingerprint: string; status: { state: string } }[]>;
  post(alerts: readonly object[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const folder = await mkdtemp(join(tmpdir(), 'monitoring-'));
  const [prometheusPort, alertmanagerPort] = [await freePort(), await freePort()];
  const prometheus = `http://127.0.0.1:${prometheusPort}`;
  const alertmanager = `http://127.0.0.1:${alertmanagerPort}`;
  const servers: Server[] = [];
  const targets = new Map<string, Target>();
  for (const job of options.jobs ?? ['web']) targets.set(job, await startTarget(servers));
  const tool = (name: string) => {
    const versions = findTools(name);
    return versions[Math.min(options.version ?? 0, versions.length - 1)] as string;
  };
  const programs = new Map<string, RunningProgram>();

  const runPrometheus = async () => {
    const program = startProgram(tool('prometheus'), [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
      '--web.enable-lifecycle',
    ]);
    programs.set('prometheus', program);
    await ready(`${prometheus}/-/ready`, program);
  };
  const runAlertmanager = async () => {
    const program = startProgram(tool('alertmanager'), [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
      '--cluster.listen-address=',
    ]);
    programs.set('alertmanager', program);
    await ready(`${alertmanager}/-/ready`, program);
  };
  const writeConfig = async (rules: string, relabelling = '') => {
    await writeFile(join(folder, 'rules.yml'), rules);
    await writeFile(
      join(folder, 'prometheus.yml'),
      prometheusConfig({ targets, relabelling, alertmanagerPort, external: options.externalLabels ?? {} }),
    );
  };
  const stopOne = async (name: string) => {
    await programs.get(name)?.stop();
    programs.delete(name);
  };
  const stop = async () => {
    for (const name of [...programs.keys()]) await stopOne(name);
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await rm(folder, { recursive: true, force: true });
  };

  await writeFile(join(folder, 'alertmanager.yml'), alertmanagerConfig(options.webhook));
  await writeConfig(options.rules, options.alertRelabelling);
  try {
    await runAlertmanager();
    await runPrometheus();
  } catch (error) {
    await stop();
    throw error;
  }
  const alertmanagerJson = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${alertmanager}${path}`, { ...init, headers: { 'content-type': 'application/json' } });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    const text = await answer.text();
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    prometheus,
    alertmanager,
    targets,
    setRules: async (rules, relabelling) => {
      await writeConfig(rules, relabelling ?? options.alertRelabelling);
      const answer = await fetch(`${prometheus}/-/reload`, { method: 'POST' });
      if (!answer.ok) throw new Error(await answer.text());
    },
    restartPrometheus: async ({ keepData = true } = {}) => {
      await stopOne('prometheus');
      if (!keepData) await rm(join(folder, 'data'), { recursive: true, force: true });
      await runPrometheus();
    },
    restartAlertmanager: async () => {
      await stopOne('alertmanager');
      await runAlertmanager();
    },
    silence: async (matchers, seconds = 3_600) => {
      const startsAt = new Date();
      const endsAt = new Date(startsAt.getTime() + seconds * 1_000);
      const body = JSON.stringify({ matchers, startsAt, endsAt, createdBy: 'mira', comment: 'maintenance' });
      return (await alertmanagerJson('/api/v2/silences', { method: 'POST', body })).silenceID;
    },
    expire: (silence) => alertmanagerJson(`/api/v2/silence/${silence}`, { method: 'DELETE' }),
    alerts: () => alertmanagerJson('/api/v2/alerts'),
    post: (alerts) => alertmanagerJson('/api/v2/alerts', { method: 'POST', body: JSON.stringify(alerts) }),
    stop,
  };
}

async function ready(url: string, program: RunningProgram): Promise<void> {
  await eventually(async () => (await fetch(url)).ok || Promise.reject(new Error('not ready')), {
    timeoutMs: 30_000,
  }).catch((error: Error) => {
    throw new Error(`${error.message}\n${program.output()}`);
  });
}

async function startTarget(servers: Server[]): Promise<Target> {
  const target: Target = { address: '', metrics: '' };
  const server = createServer((_request, response) => {
    if (target.metrics === undefined) return;
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(target.metrics);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  target.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return target;
}

interface ConfigParts {
  targets: ReadonlyMap<string, Target>;
  relabelling: string;
  alertmanagerPort: number;
  external: Record<string, string>;
}

const prometheusConfig = ({ targets, relabelling, alertmanagerPort, external }: ConfigParts) => `
global:
  scrape_interval: 500ms
  scrape_timeout: 400ms
  evaluation_interval: 500ms
  external_labels: ${JSON.stringify(external)}
rule_files: [rules.yml]
scrape_configs:
${[...targets]
  .map(([job, { address }]) => `  - { job_name: ${job}, static_configs: [{ targets: ['${address}'] }] }`)
  .join('\n')}
alerting:
  alert_relabel_configs: [${relabelling}]
  alertmanagers:
    - static_configs: [{ targets: ['127.0.0.1:${alertmanagerPort}'] }]
`;

const alertmanagerConfig = (webhook: string | undefined) => `
route: { receiver: nobody, group_wait: 0s, group_interval: 1s, repeat_interval: 1s }
receivers: [{ name: nobody${webhook ? `, webhook_configs: [{ url: '${webhook}' }]` : ''} }]
inhibit_rules:
  - source_matchers: [alertname="DatabaseDown"]
    target_matchers: [alertname="Broken"]
`;
