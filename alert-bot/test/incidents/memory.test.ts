import { appendFileSync, closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { eventually } from '@stack/test-kit/eventually';
import { canLimitMemory, createMemoryLimit, type MemoryLimit } from '@stack/test-kit/memory-limit';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** As docker-compose.yml has it. */
const composeLimit = 256;
const runbooks = resolve(import.meta.dirname, '../../runbooks.yml');

let folder: string;
let limit: MemoryLimit;
let bot: SpawnedService | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alert-bot-memory-'));
  limit = createMemoryLimit(composeLimit);
});
afterEach(async () => {
  await bot?.stop();
  bot = undefined;
  limit.remove();
  rmSync(folder, { recursive: true });
});

const path = () => join(folder, 'incident_log.jsonl');

async function start(): Promise<SpawnedService> {
  const env = {
    DOCKER_HOST: `unix://${folder}/no-engine.sock`,
    INCIDENT_LOG_PATH: path(),
    RUNBOOKS_PATH: runbooks,
  };
  bot = await spawnService('alert-bot', env, { memoryLimit: limit, timeoutMs: 60_000 });
  return bot;
}

async function killed(): Promise<void> {
  bot?.kill('SIGKILL');
  await bot?.exited;
}

// biome-ignore lint/suspicious/noExplicitAny: the assertions say what form the answers have
const get = async (where: string): Promise<any> => (await fetch(`${bot?.url}${where}`)).json();

async function deliver(alerts: readonly object[]): Promise<number> {
  const answer = await fetch(`${bot?.url}/alert`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' }, // it may be late when the next one is made
    body: JSON.stringify({ alerts }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** As large as one alert may be, and no two with a name or a text in common. */
function largeAlert(n: number, more: object = {}) {
  const wide = n % 2 === 0 ? '' : '→';
  const labels = Object.fromEntries(some(60, (i) => [`l${n}_${i}`, `${wide}${n} `.repeat(20)]));
  const annotations = Object.fromEntries(some(3, (i) => [`a${n}_${i}`, `${wide}${n} `.repeat(250)]));
  return { labels: { ...slow, ...labels }, annotations, startsAt: '2026-01-01T00:00:00Z', ...more };
}
const slow = { alertname: 'APIHighLatency', severity: 'critical', service: 'api' };
const some = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));

/** Calls `make` with slices of numbers, so that a file of hundreds of megabytes needs no memory. */
async function writeLog(count: number, make: (n: number) => object[]): Promise<void> {
  const file = openSync(path(), 'w');
  for (let from = 0; from < count; from += 100) {
    const lines = some(Math.min(100, count - from), (i) => make(from + i)).flat();
    await nextTurn(); // connections that were closed meanwhile are noticed
    writeSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
  closeSync(file);
}

const at = new Date(Date.now() - 60_000).toISOString(); // what is older than a day is over
const fingerprint = (n: number) => n.toString(16).padStart(16, '0');
const id = (n: number) => `${fingerprint(n)}-mjv00000`;
/** An alert as versions without bounds took it. */
function unboundedAlert(n: number) {
  const labels = Object.fromEntries(some(5, (i) => [`l${n}_${i}`, `${n} `.repeat(500)]));
  return { labels: { ...slow, ...labels }, annotations: { summary: `→${n} `.repeat(400) } };
}

describe.skipIf(!canLimitMemory())('under the memory limit of docker-compose.yml', { timeout: 300_000 }, () => {
  it('however many large alerts begin and end, the bot lives, and comes back from its log', async () => {
    await start();
    for (let n = 0; n < 2; n += 1)
      expect(await deliver(some(900, (i) => largeAlert(n * 1_000 + i, { status: 'resolved' })))).toBe(202);
    let taken = 0;
    while ((await deliver(some(300, (i) => largeAlert(taken * 1_000 + i + 100_000)))) === 202) taken += 1;
    expect(taken).toBeGreaterThan(2);
    for (let n = 0; n < 3; n += 1) expect(await deliver(some(900, (i) => largeAlert(n * 1_000 + i)))).toBe(503);
    for (let n = 0; n < 2; n += 1) {
      await killed();
      await start();
      expect((await get('/status')).openIncidents).toBe(300 * taken);
    }
    expect(limit.wasKilled()).toBe(false);
  });

  it('it starts on what a version without bounds has left, knows every incident, and begins a new file', async () => {
    await writeLog(20_000, (n) => {
      const head = { v: 1, at, incident: id(n) };
      const { labels, annotations } = unboundedAlert(n);
      const times = { startsAt: Date.parse(at), receivedAt: Date.parse(at), updatedAt: Date.parse(at) };
      const incident = { id: id(n), fingerprint: fingerprint(n), labels, annotations, ...times, status: 'firing' };
      if (n < 10_000)
        return [
          { ...head, seq: n, type: 'carried', kind: 'incident', state: { ...incident, phase: 'waiting', attempts: 0 } },
        ];
      const alert = { status: 'firing', labels, annotations, startsAt: at, fingerprint: fingerprint(n) };
      const action = { type: 'restart', service: 'api' };
      return [
        { ...head, seq: 2 * n, type: 'received', alert },
        {
          ...head,
          seq: 2 * n + 1,
          type: 'decided',
          decision: 'skip',
          reason: 'runtime_unavailable',
          trigger: 'delivery',
          action,
        },
      ];
    });
    expect(statSync(path()).size).toBeGreaterThan(300_000_000);
    await start();
    expect((await get('/status')).openIncidents).toBe(20_000);
    expect(await deliver([{ ...largeAlert(1), labels: slow }])).toBe(503); // no room for new ones
    const last = await get(`/incidents?limit=1&alertname=${slow.alertname}`);
    expect(last.items[0].labels).toMatchObject(slow);
    await eventually(() => expect(statSync(path()).size).toBeLessThan(150_000_000), { timeoutMs: 60_000 });
    await killed();
    await start();
    expect((await get('/status')).openIncidents).toBe(20_000);
    expect(limit.wasKilled()).toBe(false);
  });

  it('it starts on a log with lines of 100 MB that are not its own', async () => {
    await start();
    expect(await deliver([{ labels: slow }])).toBe(202);
    await killed();
    const much = Buffer.alloc(10_000_000, 'x');
    const appendMuch = () => some(10, () => appendFileSync(path(), much));
    appendMuch();
    appendFileSync(path(), '\n');
    await start();
    expect((await get('/status')).openIncidents).toBe(1);
    expect(await deliver([{ labels: { ...slow, service: 'web' } }])).toBe(202);
    await killed();
    appendMuch();
    await start();
    expect((await get('/status')).openIncidents).toBe(2);
    expect(limit.wasKilled()).toBe(false);
  });
});
