import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../src/eventually.ts';
import { startTcpProxy, type TcpProxy } from '../src/tcp-proxy.ts';

let echo: Server;
let proxy: TcpProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await startTcpProxy({ port: (echo.address() as AddressInfo).port });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.stop();
  echo.close();
});

/** A client that remembers what it got and how it ended. */
async function open() {
  const socket = connect(proxy.port, '127.0.0.1');
  clients.push(socket);
  const seen = { data: '', error: '' };
  socket.on('data', (chunk) => {
    seen.data += chunk;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    seen.error = error.code ?? '';
  });
  await once(socket, 'connect');
  return { socket, seen };
}

describe('a TCP proxy', () => {
  it('passes what it is given', async () => {
    const { socket, seen } = await open();
    socket.write('hello');
    await eventually(() => seen.data === 'hello');
    expect(proxy.connections()).toBe(1);
  });

  it('paused: open and new connections hang; resumed: nothing is lost', async () => {
    const before = await open();
    before.socket.write('one');
    await eventually(() => before.seen.data === 'one');
    proxy.pause();
    before.socket.write('two');
    const after = await open();
    after.socket.write('three');
    await new Promise((resolve) => setTimeout(resolve, 100)); // that nothing comes can only be waited for
    expect([before.seen, after.seen]).toEqual([
      { data: 'one', error: '' },
      { data: '', error: '' },
    ]);
    proxy.resume();
    await eventually(() => before.seen.data === 'onetwo' && after.seen.data === 'three');
  });

  it('refusing: new connections are refused, open ones stay; accepting again on the same port', async () => {
    const { socket, seen } = await open();
    await proxy.refuse();
    await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    socket.write('still here');
    await eventually(() => seen.data === 'still here');
    await proxy.accept();
    await open();
  });

  it('cut: open connections are reset, new ones work', async () => {
    const { socket, seen } = await open();
    await eventually(() => proxy.connections() === 1);
    proxy.cut();
    await eventually(() => socket.destroyed);
    expect(seen.error).toBe('ECONNRESET');
    const again = await open();
    again.socket.write('back');
    await eventually(() => again.seen.data === 'back');
  });

  it('slow: data takes the delay each way', async () => {
    const { socket, seen } = await open();
    proxy.delay(60);
    const startedAt = performance.now();
    socket.write('late');
    await eventually(() => seen.data === 'late', { intervalMs: 5 });
    expect(performance.now() - startedAt).toBeGreaterThan(115);
  });

  it('gives the same address through itself', () => {
    expect(proxy.through('postgres://app:x@localhost:5432/db?a=b')).toBe(
      `postgres://app:x@127.0.0.1:${proxy.port}/db?a=b`,
    );
  });
});
