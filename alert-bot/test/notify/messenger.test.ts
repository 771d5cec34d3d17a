import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import type { Clock } from '@stack/service-kit/clock';
import { createLogger } from '@stack/service-kit/logger';
import { readBody } from '@stack/test-kit/read-body';
import { afterEach, expect, it } from 'vitest';
import { type Channel, DeliveryError } from '../../src/notify/channel.ts';
import { createEmailChannel } from '../../src/notify/email.ts';
import { createMessenger } from '../../src/notify/messenger.ts';
import { createSlackChannel } from '../../src/notify/slack.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const message = { subject: 'api was healed <!channel>', body: 'in 42 s & counting' };
const servers: { close(): unknown }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A clock whose sleeps end at once; it remembers them. */
function instantClock() {
  const slept: number[] = [];
  const clock: Clock = {
    now: () => 0,
    sleep: async (ms) => {
      slept.push(ms);
    },
  };
  return { clock, slept };
}

async function sendThrough(channel: Channel, messages = [message]) {
  const { clock, slept } = instantClock();
  const results: string[] = [];
  const messenger = createMessenger({
    channels: [channel],
    clock,
    logger,
    onResult: (name, result) => results.push(`${name} ${result}`),
  });
  for (const each of messages) messenger.send(each);
  await messenger.stop();
  return { results, slept };
}

/** A Slack that answers with the given statuses in turn, the last one for ever. */
async function startSlack(...statuses: number[]) {
  const bodies: string[] = [];
  const server: Server = createServer(async (req, res) => {
    const body = await readBody(req);
    if (body === undefined) return;
    bodies.push(body.toString());
    const status = statuses.length > 1 ? (statuses.shift() as number) : (statuses[0] as number);
    res.writeHead(status).end(status === 200 ? 'ok' : 'no_service');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, bodies };
}

it('a message reaches Slack once, with its control characters escaped', async () => {
  const slack = await startSlack(200);
  const { results } = await sendThrough(createSlackChannel(slack.url));
  expect(results).toEqual(['slack sent']);
  expect(slack.bodies.map((body) => JSON.parse(body))).toEqual([
    {
      text: '*api was healed &lt;!channel&gt;*\nin 42 s &amp; counting',
      unfurl_links: false,
      unfurl_media: false,
    },
  ]);
});

it.each([500, 503, 429])('Slack answering %i twice is tried again, later each time, and then sent', async (status) => {
  const slack = await startSlack(status, status, 200);
  const { results, slept } = await sendThrough(createSlackChannel(slack.url));
  expect(results).toEqual(['slack sent']);
  expect(slack.bodies).toHaveLength(3);
  expect(slept).toHaveLength(2);
});

it.each([400, 403, 404, 410])('Slack answering %i is final: the webhook is wrong, not busy', async (status) => {
  const slack = await startSlack(status);
  const { results } = await sendThrough(createSlackChannel(slack.url));
  expect(results).toEqual(['slack failed']);
  expect(slack.bodies).toHaveLength(1);
});

it('a Slack that is not there is given up after five tries', async () => {
  const { results, slept } = await sendThrough(createSlackChannel('http://127.0.0.1:1/hook'));
  expect(results).toEqual(['slack failed']);
  expect(slept).toHaveLength(4);
});

it('messages keep their order, and one that cannot be delivered does not hold up the next', async () => {
  const seen: string[] = [];
  const channel: Channel = {
    name: 'slack',
    deliver: async ({ subject }) => {
      seen.push(subject);
      if (subject === 'b') throw new DeliveryError('no');
    },
  };
  const { results } = await sendThrough(
    channel,
    ['a', 'b', 'c'].map((subject) => ({ subject, body: '' })),
  );
  expect(seen).toEqual(['a', 'b', 'c']);
  expect(results).toEqual(['slack sent', 'slack failed', 'slack sent']);
});

it('more than a hundred waiting messages are dropped and counted, not kept', async () => {
  let release = () => undefined as unknown;
  const blocked = new Promise<void>((resolve) => {
    release = () => resolve();
  });
  const { clock } = instantClock();
  const results: string[] = [];
  const channel: Channel = { name: 'email', deliver: () => blocked };
  const messenger = createMessenger({
    channels: [channel],
    clock,
    logger,
    onResult: (_n, result) => results.push(result),
  });
  for (let i = 0; i < 150; i++) messenger.send(message);
  release();
  await messenger.stop();
  expect(results.filter((result) => result === 'failed').length).toBeGreaterThanOrEqual(49);
  expect(results).toHaveLength(150);
});

it('a stop gives up on a channel that hangs', async () => {
  const { clock } = instantClock();
  const results: string[] = [];
  const channel: Channel = {
    name: 'slack',
    deliver: (_message, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  };
  const messenger = createMessenger({
    channels: [channel],
    clock,
    logger,
    onResult: (_n, result) => results.push(result),
  });
  messenger.send(message);
  await messenger.stop(10);
  expect(results).toEqual(['failed']);
});

/** The smallest SMTP server that nodemailer accepts; `refuse` answers RCPT with that line. */
async function startSmtp(refuse?: string) {
  const received: string[] = [];
  const server = createTcpServer((socket) => {
    let inData = false;
    socket.write('220 test ESMTP\r\n');
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\r\n').filter(Boolean)) {
        received.push(line);
        if (inData) {
          if (line === '.') {
            inData = false;
            socket.write('250 queued\r\n');
          }
        } else if (line === 'DATA') {
          inData = true;
          socket.write('354 go on\r\n');
        } else if (line === 'QUIT') socket.end('221 bye\r\n');
        else if (line.startsWith('RCPT') && refuse) socket.write(`${refuse}\r\n`);
        else socket.write('250 ok\r\n');
      }
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return { url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

const addresses = { from: 'bot@example.org', to: 'oncall@example.org' };

it('a message reaches the mail server, and its subject cannot smuggle in a header', async () => {
  const smtp = await startSmtp();
  const channel = createEmailChannel({ smtpUrl: smtp.url, ...addresses });
  const { results } = await sendThrough(channel, [{ subject: 'healed\r\nBcc: all@example.org', body: 'in 42 s' }]);
  expect(results).toEqual(['email sent']);
  expect(smtp.received).toContain('in 42 s');
  expect(smtp.received).toContain('Subject: healed Bcc: all@example.org');
  expect(smtp.received.filter((line) => line.startsWith('RCPT'))).toEqual(['RCPT TO:<oncall@example.org>']);
});

it('a refused address is final, a busy mailbox is tried again', async () => {
  const refusing = await startSmtp('550 no such user');
  expect(await sendThrough(createEmailChannel({ smtpUrl: refusing.url, ...addresses }))).toEqual({
    results: ['email failed'],
    slept: [],
  });
  const busy = await startSmtp('450 mailbox busy');
  const { results, slept } = await sendThrough(createEmailChannel({ smtpUrl: busy.url, ...addresses }));
  expect([results, slept.length]).toEqual([['email failed'], 4]);
});
