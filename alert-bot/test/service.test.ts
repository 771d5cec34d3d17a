import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { afterEach, beforeEach, expect, it } from 'vitest';

const runbooks = resolve(import.meta.dirname, '../runbooks.yml');
const shortForm = { alerts: [{ labels: { alertname: 'APIHighLatency', severity: 'critical' } }] };
let folder: string;
let bot: SpawnedService | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alert-bot-service-'));
});
afterEach(async () => {
  await bot?.stop();
  bot = undefined;
  rmSync(folder, { recursive: true });
});

const environment = (more: Record<string, string> = {}) => ({
  DOCKER_HOST: `unix://${folder}/no-engine.sock`,
  INCIDENT_LOG_PATH: join(folder, 'incident_log.jsonl'),
  RUNBOOKS_PATH: runbooks,
  ...more,
});

const post = (url: string, body: unknown) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

// biome-ignore lint/suspicious/noExplicitAny: the assertions say what form the answers have
const jsonOf = (answer: Response) => answer.json() as Promise<any>;

const logLines = () =>
  readFileSync(join(folder, 'incident_log.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

it('without a container engine it starts, takes alerts, records them, and says what is missing', async () => {
  bot = await spawnService('alert-bot', environment());
  const answer = await post(`${bot.url}/alert`, shortForm);
  expect(answer.status).toBe(202);
  expect(await answer.json()).toMatchObject({ results: [{ decision: 'skip', reason: 'runtime_unavailable' }] });
  expect(logLines().map(({ type }) => type)).toEqual(['started', 'received', 'decided']);
  const health = await fetch(`${bot.url}/health`);
  expect([health.status, await health.json()]).toMatchObject([
    200,
    { status: 'ok', checks: { runtime: { status: 'unavailable' } } },
  ]);
  expect(await (await fetch(`${bot.url}/metrics`)).text()).toContain('alertbot_runtime_up 0');
});

it('the same alert 28 times at once is one incident', async () => {
  bot = await spawnService('alert-bot', environment());
  const { url } = bot;
  const answers = await Promise.all(Array.from({ length: 28 }, () => post(`${url}/alert`, shortForm)));
  const results = await Promise.all(answers.map(async (answer) => (await jsonOf(answer)).results[0].incident));
  expect(new Set(results).size).toBe(1);
  expect(logLines().filter(({ type }) => type === 'received')).toHaveLength(1);
});

it('SIGTERM ends it with 0, and its memory is there at the next start', async () => {
  bot = await spawnService('alert-bot', environment());
  await post(`${bot.url}/pause`, { minutes: 30, reason: 'deploy', by: 'mira' });
  expect(await bot.stop()).toMatchObject({ code: 0 });
  bot = await spawnService('alert-bot', environment());
  const status = await jsonOf(await fetch(`${bot.url}/status`));
  expect(status.paused).toMatchObject({ reason: 'deploy', by: 'mira' });
});

it('a second bot on the same log is refused and says why', async () => {
  bot = await spawnService('alert-bot', environment());
  await expect(spawnService('alert-bot', environment())).rejects.toThrow(/could not start/);
  await expect(spawnService('alert-bot', environment())).rejects.toThrow(/LogLocked/);
  expect((await fetch(`${bot.url}/health`)).status).toBe(200);
});

it('runbooks that cannot be used are no start, with the line that is wrong', async () => {
  const path = join(folder, 'runbooks.yml');
  writeFileSync(path, 'version: 1\nrunbooks:\n  - name: x\n    match: {}\n    action: { explode: api }\n');
  await expect(spawnService('alert-bot', environment({ RUNBOOKS_PATH: path }))).rejects.toThrow(
    /runbooks\.yml:\d+:\d+/,
  );
});

it('10,000 alerts in one delivery are taken, decided and on disk', async () => {
  bot = await spawnService('alert-bot', environment());
  const alerts = Array.from({ length: 10_000 }, (_, n) => ({
    labels: { alertname: `Alert${n}`, severity: 'warning' },
  }));
  const answer = await post(`${bot.url}/alerts`, { alerts });
  expect(answer.status).toBe(202);
  const { accepted, results } = await jsonOf(answer);
  expect([accepted, results.length]).toEqual([10_000, 10_000]);
  expect(logLines().filter(({ type }) => type === 'received')).toHaveLength(10_000);
});

it('every metric of the catalogue is there from the start, and nothing that is not in it', async () => {
  bot = await spawnService('alert-bot', environment());
  const text = await (await fetch(`${bot.url}/metrics`)).text();
  const exported = [...text.matchAll(/^# TYPE (alertbot_\w+) /gm)].map(([, name]) => name as string);
  const catalogue = readFileSync(resolve(import.meta.dirname, '../../prometheus/metrics.md'), 'utf8');
  const listed = [...catalogue.matchAll(/^\| `(alertbot_\w+)`/gm)].map(([, name]) => name as string);
  expect(exported.sort()).toEqual(listed.sort());
});

const pid = () => (bot as SpawnedService).pid;
const lock = () => join(folder, 'incident_log.jsonl.lock');
/** Everything in the bot's directory but the lock. */
const filesOf = () =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.includes('incident_log') && !name.endsWith('.lock'))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );

it('a bot that was frozen while another one took the log over touches nothing, says so and ends with 1', async () => {
  const frozen = await spawnService('alert-bot', environment());
  process.kill(frozen.pid, 'SIGSTOP');
  rmSync(lock());
  bot = await spawnService('alert-bot', environment());
  await post(`${bot.url}/pause`, { minutes: 30, reason: 'deploy', by: 'mira' });
  await post(`${bot.url}/alert`, shortForm);
  const before = filesOf();
  process.kill(frozen.pid, 'SIGCONT');
  const late = await post(`${frozen.url}/alert`, shortForm).then(
    (answer) => answer.status,
    () => 'gone',
  );
  expect([503, 'gone']).toContain(late);
  expect(await frozen.exited).toMatchObject({ code: 1 });
  expect(frozen.logs.find(({ msg }) => msg === 'cannot go on')).toMatchObject({ err: { type: 'LogLost' } });
  expect(filesOf()).toEqual(before);
  expect(JSON.parse(readFileSync(lock(), 'utf8'))).toMatchObject({ pid: pid() });
  expect((await fetch(`${bot.url}/health`)).status).toBe(200);
});

it('a bot whose lock was deleted ends with 1, and the next one knows all', async () => {
  bot = await spawnService('alert-bot', environment());
  await post(`${bot.url}/pause`, { minutes: 30, reason: 'deploy', by: 'mira' });
  const before = filesOf();
  rmSync(lock());
  expect(await bot.exited).toMatchObject({ code: 1 });
  expect([filesOf(), existsSync(lock())]).toEqual([before, false]);
  bot = await spawnService('alert-bot', environment());
  expect((await jsonOf(await fetch(`${bot.url}/status`))).paused).toMatchObject({ reason: 'deploy' });
});

it('a log that somebody empties, deletes or replaces under it is begun again with the memory', async () => {
  bot = await spawnService('alert-bot', environment());
  await post(`${bot.url}/pause`, { minutes: 30, reason: 'deploy', by: 'mira' });
  const path = join(folder, 'incident_log.jsonl');
  const begins = () => readFileSync(path, 'utf8').includes('"kind":"bot"');
  const damages: (() => void)[] = [
    () => truncateSync(path),
    () => rmSync(path),
    () => {
      writeFileSync(`${path}.swp`, 'something else');
      renameSync(`${path}.swp`, path);
    },
    () => appendFileSync(path, 'a note of a person'),
  ];
  for (const damage of damages) {
    damage();
    await eventually(() => expect(existsSync(path) && begins()).toBe(true));
  }
  await post(`${bot.url}/alert`, shortForm);
  bot.kill('SIGKILL');
  await bot.exited;
  bot = await spawnService('alert-bot', environment());
  const status = await jsonOf(await fetch(`${bot.url}/status`));
  expect(status).toMatchObject({ paused: { reason: 'deploy' }, openIncidents: 1 });
});
