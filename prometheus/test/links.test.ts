import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findTools } from '../src/find-tools.ts';
import { freePort } from '../src/free-port.ts';
import { retargetScrapes } from '../src/retarget-scrapes.ts';
import { prometheusFolder } from '../src/rule-files.ts';
import { startProgram } from '../src/start-program.ts';

interface SentAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

const [newest] = findTools('prometheus');
if (newest === undefined && process.env['CI'] === 'true') throw new Error('missing: prometheus; run .ci/debian-tools');

const sent: SentAlert[] = [];
const stops: (() => Promise<unknown>)[] = [];

/** Takes what Prometheus sends, as Alertmanager would. */
async function startReceiver(): Promise<number> {
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (body !== '') sent.push(...(JSON.parse(body) as SentAlert[]));
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(async () => server.close());
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  if (newest === undefined) return;
  const folder = await mkdtemp(join(tmpdir(), 'links-'));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  const receiver = await startReceiver();
  const port = await freePort();
  for (const name of ['recording.rules.yml', 'alert.rules.yml'])
    await copyFile(join(prometheusFolder, name), join(folder, name));
  const targets = {
    jobs: {},
    probe: { exporter: '127.0.0.1:1', apiUrl: 'http://127.0.0.1:1' },
    alertmanagers: [`127.0.0.1:${receiver}`],
  };
  const config = await readFile(join(prometheusFolder, 'prometheus.yml'), 'utf8');
  await writeFile(join(folder, 'prometheus.yml'), retargetScrapes(config, targets, { evaluation_interval: '1s' }));
  const args = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    // the first time it has not found its Alertmanager yet
    `--rules.alert.resend-delay=1s`,
  ];
  const env = {
    ...process.env,
    ALERT_BOT_LINK_URL: 'http://box:6001',
    GRAFANA_LINK_URL: 'https://graphs.example.org',
  };
  stops.push(startProgram(newest, args, env).stop);
}, 30_000);

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

it.skipIf(newest === undefined)(
  'an alert links to where the environment says, and has no label of it',
  async () => {
    await eventually(async () => expect(sent.length).toBeGreaterThan(0), { timeoutMs: 20_000 });
    const watchdog = sent.find(({ labels }) => labels['alertname'] === 'Watchdog');
    expect(watchdog?.annotations).toMatchObject({
      runbook_url: 'http://box:6001/runbooks#watchdog',
      dashboard_url: 'https://graphs.example.org/d/self-healing',
    });
    expect(Object.keys(watchdog?.labels ?? {}).filter((name) => name.endsWith('_url'))).toEqual([]);
  },
  30_000,
);
