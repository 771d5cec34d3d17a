import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { readBotEvents } from '../src/parts/heal/bot-events.ts';
import { answersAnew, until } from '../src/parts/heal/until.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a healthy answer counts only from a process that is younger than the webhook', async () => {
  let uptimeSeconds = 900;
  const url = await serve((_request, response) => response.end(JSON.stringify({ status: 'ok', uptimeSeconds })));
  const tenSecondsAgo = performance.now() - 10_000;
  expect(await answersAnew(url, tenSecondsAgo)).toBe(false);
  uptimeSeconds = 9.5;
  expect(await answersAnew(url, tenSecondsAgo)).toBe(true);
});

test('a question that fails is asked again', async () => {
  const answers = ['refused', false, true];
  await until('yes', async () => {
    const answer = answers.shift();
    if (answer === 'refused') throw new Error('refused');
    return answer === true;
  });
  expect(answers).toEqual([]);
});

test('the bot’s events are read however the stream is cut', async () => {
  const url = await serve((_request, response) => {
    response.write(': connected\n\nid: 1\nevent: acting\ndata: {"type":"acting","inci');
    setTimeout(
      () => response.write('dent":"a"}\n\nid: 2\nevent: acted\ndata: {"type":"acted","incident":"a","ok":true}\n\n'),
      20,
    );
  });
  const events = await readBotEvents(url);
  const acted = await events.next('acted', ({ type }) => type === 'acted');
  events.close();
  expect(acted).toEqual({ type: 'acted', incident: 'a', ok: true });
});
