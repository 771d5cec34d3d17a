import { Agent, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { startHttpServer } from '../src/http-server.ts';
import { createLogger } from '../src/logger.ts';

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
