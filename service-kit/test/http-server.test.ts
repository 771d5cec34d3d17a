import { Agent, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { startHttpServer } from '../src/http-server.ts';
import { createLogger } from '../src/logger.ts';
import type { TrafficLimits } from '../src/traffic.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const base = { host: '127.0.0.1', port: 0, logger };

/** A server whose requests wait until they are let go. */
async function startHeld(options = {}) {
  const waiting: (() => void)[] = [];
  let arrived = () => undefined as unknown;
  const server = await startHttpServer(
    (_req, res) => {
      waiting.push(() => res.end('done'));
      arrived();
    },
    { ...base, ...options },
  );
  const nextArrival = () =>
    new Promise<void>((resolve) => {
      arrived = () => resolve();
    });
  return { server, waiting, nextArrival };
}

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

it('says where it listens, and stops twice without complaint', async () => {
  const server = await startHttpServer((_req, res) => void res.end('hi'), base);
  expect(await (await fetch(server.url)).text()).toBe('hi');
  await Promise.all([server.stop(), server.stop()]);
  await expect(fetch(server.url)).rejects.toThrow();
});

it('a taken port is an error that names it', async () => {
  const server = await startHttpServer(() => undefined, base);
  await expect(startHttpServer(() => undefined, { ...base, port: server.port })).rejects.toThrow(/EADDRINUSE.*\d+/);
  await server.stop();
});

it('a request in flight is answered with Connection: close while the server stops', async () => {
  const { server, waiting, nextArrival } = await startHeld();
  const arrival = nextArrival();
  const answer = fetch(server.url);
  await arrival;
  const stopping = server.stop();
  waiting[0]?.();
  const response = await answer;
  expect([response.status, response.headers.get('connection'), await response.text()]).toEqual([200, 'close', 'done']);
  await stopping;
});

it('a request that arrives on an open connection during the stop is answered too', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const server = await startHttpServer((_req, res) => void res.end('ok'), { ...base, lingerMs: 2_000 });
  const ask = () =>
    new Promise<number | undefined>((resolve, reject) => {
      get(server.url, { agent }, (res) => res.resume().on('end', () => resolve(res.statusCode))).on('error', reject);
    });
  expect(await ask()).toBe(200);
  const stopping = server.stop();
  expect(await ask()).toBe(200);
  await stopping;
  agent.destroy();
});

it('idle and half-sent connections do not hold up a stop', async () => {
  const server = await startHttpServer(() => undefined, { ...base, lingerMs: 10 });
  const sockets = [connect(server.port, '127.0.0.1'), connect(server.port, '127.0.0.1')] as const;
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  sockets[1].write('GET / HTTP/1.1\r\nHost: x\r\nX-Half');
  const ends = sockets.map(closed);
  for (const socket of sockets) socket.on('error', () => undefined).resume();
  await server.stop();
  await Promise.all(ends);
});

it('a request that never ends is cut off at the drain timeout', async () => {
  const { server, nextArrival } = await startHeld({ drainTimeoutMs: 30 });
  const arrival = nextArrival();
  const answer = fetch(server.url).catch((error: Error) => error.message);
  await arrival;
  await server.stop();
  expect(await answer).toBe('fetch failed');
});

it('a client that drips its headers is closed with 408', async () => {
  const server = await startHttpServer((_req, res) => void res.end(), { ...base, headersTimeoutMs: 50 });
  const socket = connect(server.port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
  const drip = setInterval(() => socket.write('X-A: b\r\n'), 20);
  socket.on('error', () => undefined);
  await closed(socket);
  clearInterval(drip);
  expect(received).toContain('408 Request Timeout');
  await server.stop();
});

it.each([
  ['nonsense', 'HELLO\r\n\r\n', '400 Bad Request'],
  [
    'headers that are too large',
    `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    '431 Request Header Fields Too Large',
  ],
])('%s is refused and the server goes on', async (_name, sent, answer) => {
  const server = await startHttpServer((_req, res) => void res.end('ok'), base);
  const socket = connect(server.port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.on('error', () => undefined);
  socket.write(sent);
  await closed(socket);
  expect(received).toContain(answer);
  expect((await fetch(server.url)).status).toBe(200);
  await server.stop();
});

/** Connects, sends, and reads nothing. */
async function silentClient(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined).pause();
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(text);
  return socket;
}

/** A server whose answers are more than the kernel's buffers take. */
async function startLarge(limits: Partial<TrafficLimits>) {
  const large = 'x'.repeat(20_000_000);
  const warnings: string[] = [];
  const destination = { write: (line: string) => void warnings.push(line) };
  const telling = createLogger({ service: 'test', level: 'warn', destination });
  const server = await startHttpServer((_req, res) => void res.end(large), { ...base, logger: telling, limits });
  return { server, warnings };
}

/** A socket that is not read sees the end only when it is read. */
const isCut = (socket: Socket) => {
  socket.resume();
  return closed(socket);
};

const askAll = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

it('a client that reads nothing of its answer is cut off; one that has read it is not', async () => {
  const { server, warnings } = await startLarge({ unreadTimeoutMs: 1_000 });
  const reader = new Agent({ keepAlive: true });
  await new Promise((resolve) => get(server.url, { agent: reader }, (res) => res.resume().once('end', resolve)));
  const stuck = await silentClient(server.port, askAll);
  await expect.poll(() => warnings.length, { timeout: 10_000 }).toBe(1);
  expect(warnings[0]).toContain('a client that does not read its answer was cut off');
  await isCut(stuck);
  expect(Object.values(reader.freeSockets)).toHaveLength(1);
  reader.destroy();
  await server.stop();
});

it('when too much waits to be read, those who read nothing are cut off without waiting for the 30 s of a slow reader', async () => {
  const { server, warnings } = await startLarge({ maxUnreadBytes: 1_000 });
  const clients = await Promise.all(Array.from({ length: 3 }, () => silentClient(server.port, askAll)));
  await expect.poll(() => warnings.length, { timeout: 15_000 }).toBe(3);
  await Promise.all(clients.map(isCut));
  await server.stop();
});

it('one connection too many makes the one that is idle for longest give way, never one with a request', async () => {
  const { server, waiting, nextArrival } = await startHeld({ limits: { maxConnections: 2 } });
  const arrival = nextArrival();
  const busy = await silentClient(server.port, askAll);
  await arrival;
  const idle = await silentClient(server.port, 'GET / HTTP/1.1\r\n');
  const next = nextArrival();
  const third = await silentClient(server.port, askAll);
  await Promise.all([isCut(idle), next]);
  await isCut(await silentClient(server.port, askAll)); // nobody is idle any more
  expect([busy.destroyed, third.destroyed]).toEqual([false, false]);
  for (const answer of waiting) answer();
  busy.destroy();
  third.destroy();
  await server.stop();
});
