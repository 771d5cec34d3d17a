import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { neighbourServer } from './neighbour-server.ts';
import { recordedPrometheus } from './recorded-prometheus.ts';

let folder: string;
let bot: SpawnedService | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alert-bot-sources-'));
});
afterEach(async () => {
  await bot?.stop();
  bot = undefined;
  rmSync(folder, { recursive: true });
});

const start = (more: Record<string, string>) =>
  spawnService('alert-bot', {
    RUNTIME: 'dry-run',
    DOCKER_HOST: `unix://${folder}/no-engine.sock`,
    INCIDENT_LOG_PATH: join(folder, 'incident_log.jsonl'),
    RUNBOOKS_PATH: resolve(import.meta.dirname, '../../runbooks.yml'),
    ...more,
  });

const deliver = () =>
  fetch(`${bot?.url}/alert`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ alerts: [{ labels: { alertname: 'APIDown', service: 'api' } }] }),
  });

const textOf = async (path: string) => (await fetch(`${bot?.url}${path}`)).text();

it('a login in the address is a header, and appears nowhere else', async () => {
  const { server } = await recordedPrometheus();
  bot = await start({ PROMETHEUS_URL: server.url.replace('//', '//bot:s3cret@') });
  await eventually(() => server.authorization.size > 0);
  expect([...server.authorization]).toEqual([`Basic ${Buffer.from('bot:s3cret').toString('base64')}`]);
  server.replies.set('/api/v1/rules', 401);
  await deliver();
  const pages = await Promise.all(['/health', '/metrics', '/status', '/incidents'].map(textOf));
  expect([...pages, JSON.stringify(bot.logs)].join('\n')).not.toMatch(/s3cret|czNjcmV0/);
});

it('a source that refuses the login is said once in the log, in /health and by a metric', async () => {
  const server = await neighbourServer({ '/api/v1/query': 401, '/api/v2/status': { uptime: '2026-01-01T00:00:00Z' } });
  bot = await start({ PROMETHEUS_URL: server.url, ALERTMANAGER_URL: server.url });
  const { url, logs } = bot;
  await eventually(() => logs.some(({ msg }) => msg === 'Prometheus does not answer'));
  const health = await fetch(`${url}/health`);
  expect([health.status, await health.json()]).toMatchObject([
    200,
    {
      status: 'ok',
      checks: {
        prometheus: { status: 'unavailable', detail: 'it answered 401: it wants another login' },
        alertmanager: { status: 'ok' },
      },
    },
  ]);
  const metrics = await textOf('/metrics');
  expect(metrics).toContain('alertbot_source_up{source="prometheus"} 0');
  expect(metrics).toContain('alertbot_source_up{source="alertmanager"} 1');
  expect(logs.filter(({ msg }) => msg === 'Prometheus does not answer')).toHaveLength(1);
});

it('a source that is not configured has neither a check nor a sample', async () => {
  bot = await start({});
  expect(await textOf('/health')).not.toMatch(/prometheus|alertmanager/);
  expect(await textOf('/metrics')).not.toMatch(/alertbot_source_up\{source="(?!engine)/);
});

it('secrets may come in files', async () => {
  const server = await neighbourServer();
  writeFileSync(join(folder, 'token'), 'abc.def\n');
  writeFileSync(join(folder, 'url'), `${server.url}\n`);
  bot = await start({
    ALERTMANAGER_URL_FILE: join(folder, 'url'),
    ALERTMANAGER_BEARER_TOKEN_FILE: join(folder, 'token'),
  });
  await eventually(() => expect([...server.authorization]).toEqual(['Bearer abc.def']));
});

it.each<[string, Record<string, string>, string]>([
  ['basic and bearer', { PROMETHEUS_URL: 'http://a:s3cret@p', PROMETHEUS_BEARER_TOKEN: 'x' }, 'PROMETHEUS_URL'],
  ['a user without a password', { ALERTMANAGER_URL: 'http://a', ALERTMANAGER_USERNAME: 's3cret' }, 'ALERTMANAGER_URL'],
  ['a login without an address', { PROMETHEUS_BEARER_TOKEN: 's3cret' }, 'PROMETHEUS_URL'],
  [
    'a token that no header can carry',
    { PROMETHEUS_URL: 'http://a', PROMETHEUS_BEARER_TOKEN: 's3cret\n' },
    'PROMETHEUS_BEARER_TOKEN',
  ],
  ['no address', { PROMETHEUS_URL: 'bot:s3cret@prometheus:9090' }, 'PROMETHEUS_URL'],
])('%s is refused at the start, by name and without repeating it', async (_name, env, variable) => {
  const refused = await start(env).then(
    () => 'started',
    (error: Error) => error.message,
  );
  expect(refused).toContain(variable);
  expect(refused).not.toContain('s3cret');
});
