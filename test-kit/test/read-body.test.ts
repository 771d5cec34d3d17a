import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { readBody } from '../src/read-body.ts';

const bodies: (string | undefined)[] = [];
let told: () => void;
const server = createServer(async (req, res) => {
  bodies.push((await readBody(req))?.toString());
  res.end();
  told();
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

it('a body comes whole, and one that is cut off is none', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const answered = () => new Promise<void>((resolve) => (told = resolve));
  const first = answered();
  await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: 'x'.repeat(100_000) });
  await first;
  const second = answered();
  server.once('request', () => socket.destroy());
  const socket = connect(port, '127.0.0.1', () =>
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf'),
  );
  await second;
  expect(bodies).toEqual(['x'.repeat(100_000), undefined]);
});
