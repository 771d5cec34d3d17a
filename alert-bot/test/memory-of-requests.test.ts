import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { canLimitMemory, createMemoryLimit, type MemoryLimit } from '@stack/test-kit/memory-limit';
import { sendRaw } from '@stack/test-kit/send-raw';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

/** `mem_limit` of the bot in docker-compose.yml. */
const limitMebibytes = 256;
const mebibyte = 1_048_576;

const folder = mkdtempSync(join(tmpdir(), 'alert-bot-memory-'));
let limit: MemoryLimit;
let bot: SpawnedService;
let open: Socket[] = [];

/** Sends `text` and reads nothing of what comes. */
function stalledClient(text: string): Socket {
  const socket = connect(bot.port, '127.0.0.1');
  socket.on('error', () => undefined).pause();
  socket.write(text);
  open.push(socket);
  return socket;
}

/** On a connection of its own: a shared one may be closed as idle while the bot is busy. */
const deliver = (body: string) =>
  fetch(`${bot.url}/alert`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body,
  });

const listOf = (count: number, each: (index: number) => string) =>
  `{"alerts":[${Array.from({ length: count }, (_, index) => each(index)).join(',')}]}`;

let storms = 0;
/** A thousand new incidents with as much text as an alert may have. */
const stormOfLongAlerts = () => {
  storms += 1;
  const long = Object.fromEntries(Array.from({ length: 4 }, (_, index) => [`text${index}`, 'y'.repeat(3_900)]));
  return listOf(1_000, (index) => JSON.stringify({ labels: { alertname: `Long${storms}x${index}`, ...long } }));
};

async function isWell(): Promise<void> {
  expect((await fetch(`${bot.url}/health/live`)).status).toBe(200);
  const answer = await deliver(listOf(1, () => JSON.stringify({ labels: { alertname: 'Small' } })));
  expect(answer.status, await answer.text()).toBe(202);
  expect(limit.wasKilled()).toBe(false);
}

const title = `the bot within ${limitMebibytes} MiB, as in docker-compose.yml, outlives`;

describe.skipIf(!canLimitMemory())(title, { timeout: 120_000 }, () => {
  beforeAll(async () => {
    limit = createMemoryLimit(limitMebibytes);
    const env = {
      RUNTIME: 'dry-run',
      INCIDENT_LOG_PATH: join(folder, 'incident_log.jsonl'),
      RUNBOOKS_PATH: resolve(import.meta.dirname, '../runbooks.yml'),
    };
    bot = await spawnService('alert-bot', env, { memoryLimit: limit });
  });
  afterEach(async () => {
    for (const socket of open) socket.destroy();
    open = [];
    await isWell();
  });
  afterAll(async () => {
    const own = Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${bot.pid}/status`, 'utf8'))?.[1]) / 1_024);
    const used = Math.round(limit.peakBytes() / mebibyte);
    process.stdout.write(
      `the bot had ${own} MiB resident at most; with cached files ${used} of ${limitMebibytes} MiB\n`,
    );
    await bot.stop();
    limit.remove();
    rmSync(folder, { recursive: true });
  });

  it('deliveries with as much text as there may be, until its memory is full', async () => {
    for (let i = 0; i < 6; i++) expect([202, 503]).toContain((await deliver(stormOfLongAlerts())).status);
  });

  it.each([
    ['16 MB of empty lists', `{"alerts":[${'[],'.repeat(5_500_000)}[]]}`],
    ['a million empty lists', listOf(590_000, () => '[]')],
    ['a million empty objects', listOf(590_000, () => '{}')],
    ['a million short texts', listOf(1_150_000, (index) => `"${index.toString(36).padStart(9, 'x')}"`)],
    ['half a million names', `{"alerts":[{${Array.from({ length: 590_000 }, (_, i) => `"${i}":0`).join(',')}}]}`],
    ['100,000 levels', '['.repeat(100_000)],
    ['16 MB of text that is not ASCII', `{"alerts":["${'中'.repeat(5_500_000)}"]}`],
    ['16 MB of digits', `{"alerts":[${'7'.repeat(16_000_000)}]}`],
    ['16 MB of escapes', `{"alerts":["${'\\u0041'.repeat(2_700_000)}"]}`],
  ])('%s, twice at once', async (_name, body) => {
    const answers = await Promise.all([deliver(body), deliver(body)]);
    for (const { status } of answers) expect([400, 413, 503]).toContain(status);
  });

  it('slow uploads from everywhere, and takes what others send meanwhile', async () => {
    const head = `POST /alert HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${16 * mebibyte}\r\n\r\n{"alerts":["`;
    for (let i = 0; i < 100; i++) stalledClient(head).write('x'.repeat(4 * mebibyte));
    for (let i = 0; i < 5; i++) await eventually(isWell);
  });

  it('slow uploads in chunks', async () => {
    const head =
      'POST /alert HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunk = `100000\r\n${' '.repeat(mebibyte)}\r\n`;
    for (let i = 0; i < 100; i++) stalledClient(head).write(chunk.repeat(6));
    for (let i = 0; i < 5; i++) await eventually(isWell);
  });

  it('a hundred readers of the events that read nothing: too many are refused, and all are cut off when events come', async () => {
    for (let i = 0; i < 100; i++) stalledClient('GET /incidents/stream HTTP/1.1\r\nHost: x\r\n\r\n');
    await eventually(async () => {
      const answer = await sendRaw(bot.port, 'GET /incidents/stream HTTP/1.1\r\nHost: x\r\n\r\n');
      expect(answer?.status).toBe(503);
    });
    const closed = Promise.all(
      open.map((socket) => new Promise((done) => socket.resume().once('close', done).pause())),
    );
    await deliver(stormOfLongAlerts());
    await eventually(
      () => {
        const cut = bot.logs.filter(({ msg }) => msg === 'a reader of the events was cut off');
        expect(cut).toHaveLength(50);
      },
      { timeoutMs: 60_000 },
    );
    for (const socket of open) socket.destroy();
    await closed;
  });

  it('fifty readers of the events that want everything again and read nothing of it', async () => {
    const again = 'GET /incidents/stream HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 0\r\n\r\n';
    for (let i = 0; i < 50; i++) stalledClient(again);
    await eventually(isWell, { timeoutMs: 60_000 });
  });

  it.each(['/incidents?limit=500', '/metrics', '/openapi.json', '/docs', '/runbooks', '/status', '/'])(
    'two hundred clients that ask for %s and read nothing',
    async (path) => {
      const one = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
      for (let i = 0; i < 200; i++) stalledClient(one.repeat(3));
      await eventually(isWell, { timeoutMs: 60_000 });
    },
  );

  it('a thousand connections that say nothing: it answers whoever does', async () => {
    for (let i = 0; i < 1_000; i++) stalledClient('GET /health/live HTTP/1.1\r\nHo');
    for (let i = 0; i < 5; i++) await isWell();
  });
});
