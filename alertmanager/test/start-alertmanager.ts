import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { freePort } from '../../prometheus/src/free-port.ts';
import { startProgram } from '../../prometheus/src/start-program.ts';
import { renderConfiguration } from './render-configuration.ts';

export type Labels = Record<string, string>;

export interface Alertmanager {
  url: string;
  /** Fires the alerts, or ends them. */
  send(alerts: readonly Labels[], state?: 'firing' | 'resolved'): Promise<void>;
  /** Names of the alerts that an inhibition rule silences. */
  inhibited(): Promise<string[]>;
  stop(): Promise<void>;
}

/** The real program on what render.sh makes of the variables, with people's half minute of patience cut to a second. */
export async function startAlertmanager(path: string, variables: Record<string, string>): Promise<Alertmanager> {
  const { configFile, folder, ok, output } = await renderConfiguration(variables);
  if (!ok) throw new Error(output);
  writeFileSync(configFile, readFileSync(configFile, 'utf8').replace('group_wait: 30s', 'group_wait: 1s'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = startProgram(path, [
    `--config.file=${configFile}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.external-url=http://localhost:9093',
    '--cluster.listen-address=',
  ]);
  const ready = async () => (await fetch(`${url}/-/ready`)).ok;
  await eventually(ready, { timeoutMs: 20_000 }).catch(async (error: Error) => {
    await program.stop();
    throw new Error(`${error.message}\n${program.output()}`);
  });
  return {
    url,
    send: (alerts, state) => send(url, alerts, state),
    inhibited: () => inhibited(url),
    stop: program.stop,
  };
}

async function send(url: string, alerts: readonly Labels[], state: 'firing' | 'resolved' = 'firing'): Promise<void> {
  const times = {
    startsAt: new Date(Date.now() - 60_000).toISOString(),
    endsAt: new Date(Date.now() + (state === 'firing' ? 600_000 : -1_000)).toISOString(),
  };
  const body = alerts.map((labels) => ({
    labels,
    ...times,
    generatorURL: 'http://localhost:9090/graph?g0.expr=up',
    annotations: {
      summary: 'API answers slowly',
      description: '95 % of the requests of the last minute took up to 412ms; the limit is 200 ms.',
      runbook_url: 'http://localhost:5001/runbooks#apihighlatency',
      dashboard_url: 'http://localhost:3000/d/api',
    },
  }));
  const response = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`Alertmanager answered ${response.status}: ${await response.text()}`);
}

async function inhibited(url: string): Promise<string[]> {
  const alerts = (await (await fetch(`${url}/api/v2/alerts`)).json()) as {
    labels: Labels;
    status: { inhibitedBy: string[] };
  }[];
  return alerts.filter(({ status }) => status.inhibitedBy.length > 0).map(({ labels }) => labels['alertname'] ?? '');
}
