import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { OutboxEntry } from '../../src/incidents/outbox.ts';
import { DeliveryError, type TryLater } from '../../src/notify/channel.ts';
import { describeCalls, mostInOneMessage } from '../../src/notify/describe-call.ts';
import { plainText } from '../../src/notify/plain-text.ts';
import { createSlackChannel, maxSlackBodyLength } from '../../src/notify/slack.ts';

const message = { subject: 'api needs a person', body: 'in 42 s' };
const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A Slack that answers as the test says; its requests are counted by path. */
async function startSlack(answer: (res: ServerResponse) => void) {
  const requests: string[] = [];
  const server = createServer((req, res) => {
    requests.push(`${req.method} ${req.url}`);
    req.resume().once('end', () => answer(res));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/s3cret`, requests };
}

async function outcomeOf(answer: (res: ServerResponse) => void) {
  const { url, requests } = await startSlack(answer);
  const error: unknown = await createSlackChannel(url)
    .deliver(message, AbortSignal.timeout(5_000))
    .then(
      () => undefined,
      (why: unknown) => why,
    );
  return { error, requests };
}

it.each(['ok', '', 'OK\n', '{"ok":true}', '{"success":true}', '{"name":"spaces/1"}'])(
  '200 with %j is delivered',
  async (body) => {
    expect((await outcomeOf((res) => res.end(body))).error).toBeUndefined();
  },
);

it.each([
  'no_text',
  'invalid_payload',
  'no_service',
  '{"ok":false}',
  '{"success":false}',
  '<html>Sign in</html>',
  'okay',
])('200 with %j is not delivered', async (body) => {
  expect((await outcomeOf((res) => res.end(body))).error).toBeInstanceOf(DeliveryError);
});

it.each([301, 302, 303, 307, 308])('%i is not followed: what it leads to has posted nothing', async (status) => {
  const { error, requests } = await outcomeOf((res) => res.writeHead(status, { location: '/login' }).end());
  expect(error).toBeInstanceOf(DeliveryError);
  expect(requests).toEqual(['POST /services/s3cret']);
});

it('429 says when to come back, in seconds or as a date', async () => {
  const seconds = await outcomeOf((res) => res.writeHead(429, { 'retry-after': '30' }).end('rate_limited'));
  expect(seconds.error).toMatchObject({ name: 'TryLater', afterMs: 30_000 });
  const at = new Date(Date.now() + 60_000).toUTCString();
  const date = await outcomeOf((res) => res.writeHead(429, { 'retry-after': at }).end());
  expect((date.error as TryLater).afterMs).toBeGreaterThan(50_000);
  const none = await outcomeOf((res) => res.writeHead(429, { 'retry-after': 'soon' }).end());
  expect(none.error).toMatchObject({ name: 'TryLater', afterMs: 0 });
});

it('an answer without end is read as far as it matters', async () => {
  const { error } = await outcomeOf((res) => {
    const more = () => {
      while (res.write('x'.repeat(10_000)));
    };
    res.on('drain', more).writeHead(500);
    more();
  });
  expect((error as Error).message.length).toBeLessThan(300);
});

it('no error names the address: it is the secret', async () => {
  const { url } = await startSlack((res) => res.writeHead(404).end(`no ${url}`));
  const refused = await createSlackChannel(url).deliver(message, AbortSignal.timeout(5_000)).catch(String);
  for (const close of closers.splice(0)) close();
  const gone = await createSlackChannel(url).deliver(message, AbortSignal.timeout(5_000)).catch(String);
  expect(refused).toContain('404');
  expect(gone).toContain('ECONNREFUSED');
  expect(`${refused} ${gone}`).not.toContain('s3cret');
});

it('a list of messages is never cut: what is cut off would count as told', async () => {
  const entries = Array.from({ length: mostInOneMessage }, (_, seq): OutboxEntry => {
    const incident = `${seq}-${'i'.repeat(50)}`;
    return { seq, at: 0, incident, kind: 'escalated', channels: ['slack'], target: 'api', text: 't'.repeat(5_000) };
  });
  const { body } = describeCalls(entries, { incident: () => undefined, botUrl: 'http://localhost:5001', now: 0 });
  expect(plainText(body, maxSlackBodyLength)).toBe(body);
  for (const { incident } of entries) expect(body).toContain(`http://localhost:5001/ui/incidents/${incident}`);
});

it('whatever a label holds, Slack gets plain text of a bounded size', async () => {
  const bodies: string[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    req.once('end', () => {
      bodies.push(body);
      res.end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const nasty = `<!channel>\u001b[31m\u202egnihton\r\n\u0000\ud800${'&'.repeat(1_000_000)}`;
  await createSlackChannel(url).deliver({ subject: nasty, body: nasty }, AbortSignal.timeout(5_000));
  const { text } = JSON.parse(bodies[0] as string);
  expect(text.startsWith('*&lt;!channel&gt;gnihton &amp;')).toBe(true);
  expect(text).not.toMatch(/[\u202e<>]|\p{Cs}/u);
  expect(text.length).toBeLessThan(40_000);
});
