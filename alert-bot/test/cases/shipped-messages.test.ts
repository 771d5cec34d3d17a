import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFakeEngine } from '../runtime/fake-engine.ts';
import { seedService } from '../runtime/fake-world.ts';
import { createCertificate } from '../support/certificate.ts';
import { startMailServer } from '../support/mail-server.ts';
import { tempDir } from '../support/temp-dir.ts';

// What a person must hear, from the file that ships.

const runbooks = `
version: 1
runbooks:
  - { name: asked, match: { alertname: Asked }, mode: approve, action: { restart: api } }
`;

/** A folder with a log and runbooks that outlives its bots. */
async function createHome() {
  const folder = await tempDir();
  const engine = await startFakeEngine();
  onTestFinished(() => engine.stop());
  seedService(engine, 'api');
  writeFileSync(join(folder, 'runbooks.yml'), runbooks);
  const path = join(folder, 'incident_log.jsonl');
  const start = async (env: Record<string, string>): Promise<SpawnedService> => {
    const bot = await spawnService('alert-bot', {
      DOCKER_HOST: engine.dockerHost,
      COMPOSE_PROJECT: 'demo',
      INCIDENT_LOG_PATH: path,
      RUNBOOKS_PATH: join(folder, 'runbooks.yml'),
      ...env,
    });
    onTestFinished(async () => void (await bot.stop()));
    return bot;
  };
  const notified = () =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"type":"notified"'));
  return { folder, start, notified };
}

const ask = (bot: SpawnedService, labels: object = {}) =>
  fetch(`${bot.url}/alert`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ alerts: [{ labels: { alertname: 'Asked', ...labels } }] }),
  });

const statusOf = async (bot: SpawnedService) => {
  const { notifications } = (await (await fetch(`${bot.url}/status`)).json()) as {
    notifications: { channel: string; waiting: number; lastError: string | null }[];
  };
  return notifications;
};

/** A Slack on a port that a test chooses, or any. */
async function startSlack(port = 0) {
  const texts: string[] = [];
  const server: Server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    req.once('end', () => {
      texts.push((JSON.parse(body) as { text: string }).text);
      res.end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = () => server.close().closeAllConnections();
  onTestFinished(() => void stop());
  return { port: (server.address() as AddressInfo).port, texts, stop };
}

const mailTo = (port: number) => ({
  SMTP_URL: `smtp://bot:secret123@127.0.0.1:${port}`,
  MAIL_TO: 'oncall@example.org',
});

describe('mail with a login', () => {
  it('goes over STARTTLS to a server that an authority vouches for', async () => {
    const home = await createHome();
    const certificate = createCertificate();
    const mail = await startMailServer(certificate);
    onTestFinished(() => mail.close());
    const ca = join(home.folder, 'ca.pem');
    writeFileSync(ca, certificate.cert);
    const bot = await home.start({ ...mailTo(mail.port), NODE_EXTRA_CA_CERTS: ca });
    await ask(bot);
    await eventually(() => expect(mail.mails).toHaveLength(1));
    expect(mail.logins).toEqual(['bot:secret123 over TLS']);
    expect(mail.mails[0]).toContain('waits for approval');
    await eventually(() => expect(home.notified()).toHaveLength(1));
  });

  it('is not sent to a server without STARTTLS, and the password is neither sent nor told', async () => {
    const home = await createHome();
    const mail = await startMailServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
    onTestFinished(() => mail.close());
    const bot = await home.start(mailTo(mail.port));
    await ask(bot);
    await eventually(async () => expect((await statusOf(bot))[0]?.lastError).toMatch(/TLS/));
    expect([mail.logins, mail.mails]).toEqual([[], []]);
    expect(JSON.stringify([bot.logs, await statusOf(bot)])).not.toContain('secret123');
  });
});

it.each(['smtp://bot:Gitw50#2x@127.0.0.1:2525', 'smtp://bot:a/b@mail', 'smtp://bot:a?b@mail'])(
  '%s is no start, and the message says what to write',
  async (address) => {
    const home = await createHome();
    const start = home.start({ SMTP_URL: address, MAIL_TO: 'oncall@example.org' });
    await expect(start).rejects.toThrow(/SMTP_URL: is not an address.*write # as %23/);
  },
);

it('what a bot that was killed could not tell is told by the next one, once', async () => {
  const home = await createHome();
  const gone = await startSlack();
  gone.stop();
  const env = { SLACK_WEBHOOK_URL: `http://127.0.0.1:${gone.port}/services/s3cret` };
  const first = await home.start(env);
  await ask(first);
  await eventually(async () =>
    expect(await statusOf(first)).toMatchObject([{ waiting: 1, lastError: expect.stringMatching(/ECONNREFUSED/) }]),
  );
  expect(await (await fetch(`${first.url}/metrics`)).text()).toContain(
    'alertbot_notifications_waiting{channel="slack"} 1',
  );
  first.kill('SIGKILL');
  await first.exited;
  const slack = await startSlack(gone.port);
  const second = await home.start(env);
  await eventually(() => expect(slack.texts).toHaveLength(1));
  await eventually(async () => expect(await statusOf(second)).toMatchObject([{ waiting: 0, lastError: null }]));
  await second.stop();
  const third = await home.start(env);
  await eventually(async () => expect(await statusOf(third)).toMatchObject([{ waiting: 0 }]));
  await third.stop();
  expect([slack.texts.length, home.notified().length]).toEqual([1, 1]);
  expect(JSON.stringify([first.logs, second.logs])).not.toContain('s3cret');
});

it('what an alert says mentions nobody and is bounded', async () => {
  const home = await createHome();
  const slack = await startSlack();
  const bot = await home.start({ SLACK_WEBHOOK_URL: `http://127.0.0.1:${slack.port}/hook` });
  await ask(bot, { severity: '<!channel>\r\nBcc: all@example.org\u202e\u001b[31m', note: 'x'.repeat(4_000) });
  await eventually(() => expect(slack.texts).toHaveLength(1));
  expect(slack.texts[0]).toContain('&lt;!channel&gt; Bcc: all@example.org');
  expect(slack.texts[0]).not.toMatch(/<!|\u202e|\r/);
  expect(slack.texts[0]?.length).toBeLessThan(4_000);
});

it('SIGTERM ends it in time while Slack hangs, and the message waits for the next start', async () => {
  const home = await createHome();
  let asked = 0;
  const server = createServer(() => {
    asked += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  const bot = await home.start({ SLACK_WEBHOOK_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
  await ask(bot);
  await eventually(() => expect(asked).toBe(1));
  const began = Date.now();
  expect(await bot.stop()).toMatchObject({ code: 0 });
  expect(Date.now() - began).toBeLessThan(10_000);
  expect(home.notified()).toEqual([]);
});
