import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DeliveryError } from '../../src/notify/channel.ts';
import { createEmailChannel } from '../../src/notify/email.ts';
import { createCertificate } from '../support/certificate.ts';
import { startMailServer } from '../support/mail-server.ts';

const message = { subject: 'api needs a person', body: 'in 42 s', id: 'inc-1.7.1' };
const addresses = { from: 'Alert bot <bot@example.org>', to: 'oncall@example.org' };
const never = new AbortController().signal;
const closers: (() => unknown)[] = [];
let certificate: ReturnType<typeof createCertificate>;
beforeAll(() => {
  certificate = createCertificate();
});

async function startServer(options: SMTPServerOptions = {}) {
  const server = await startMailServer({ ...certificate, ...options });
  closers.push(server.close);
  return server;
}
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that answers each command with what the test says, and remembers every line it got. */
async function startScript(answers: (line: string) => string | undefined, greeting = '220 test ESMTP\r\n') {
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (greeting) socket.write(greeting);
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\r\n').filter(Boolean)) {
        lines.push(line);
        const answer = answers(line);
        if (answer !== undefined) socket.write(`${answer}\r\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, lines, sockets };
}

const deliver = (smtpUrl: string, extra: { ca?: string } = {}, signal: AbortSignal = never) =>
  createEmailChannel({ smtpUrl, ...addresses, ...extra }).deliver(message, signal);

describe('a login', () => {
  it('goes over STARTTLS, whose certificate is checked', async () => {
    const server = await startServer();
    await deliver(`smtp://bot:secret123@127.0.0.1:${server.port}`, { ca: certificate.cert });
    expect(server.logins).toEqual(['bot:secret123 over TLS']);
    expect(server.mails).toHaveLength(1);
  });

  it('goes over TLS from the first byte with smtps://', async () => {
    const server = await startServer({ secure: true });
    await deliver(`smtps://bot:secret123@127.0.0.1:${server.port}`, { ca: certificate.cert });
    expect(server.logins).toEqual(['bot:secret123 over TLS']);
  });

  it.each(['smtp', 'smtps'])('is not given to a server whose certificate nobody vouches for: %s://', async (scheme) => {
    const server = await startServer({ secure: scheme === 'smtps' });
    await expect(deliver(`${scheme}://bot:secret123@127.0.0.1:${server.port}`)).rejects.toThrow(/certificate/);
    expect([server.logins, server.mails]).toEqual([[], []]);
  });

  it('is not sent in the clear to a server without STARTTLS, nor is the mail', async () => {
    const server = await startServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
    await expect(deliver(`smtp://bot:secret123@127.0.0.1:${server.port}`)).rejects.toThrow(/STARTTLS|TLS/);
    expect([server.logins, server.recipients, server.mails]).toEqual([[], [], []]);
  });

  it.each([
    ['strips STARTTLS from the list', '250-test\r\n250 AUTH PLAIN LOGIN', '502 not here'],
    ['says that TLS is not available', '250-test\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN', '454 TLS not available'],
    ['knows no EHLO', '502 what?', '502 not here'],
  ])('is not sent when somebody on the way %s', async (_, ehlo, starttls) => {
    const script = await startScript((line) =>
      /^EHLO/.test(line) ? ehlo : /^STARTTLS/.test(line) ? starttls : '250 ok',
    );
    await expect(deliver(`smtp://bot:secret123@127.0.0.1:${script.port}`)).rejects.toThrow();
    expect(script.lines.filter((line) => /^(AUTH|MAIL|RCPT|DATA)/.test(line))).toEqual([]);
    expect(script.lines.join('\n')).not.toContain(Buffer.from('secret123').toString('base64').slice(0, 8));
  });

  it('is sent in the clear only when the address itself says tls=off', async () => {
    const server = await startServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
    await deliver(`smtp://bot:secret123@127.0.0.1:${server.port}?tls=off`);
    expect(server.logins).toEqual(['bot:secret123 in the clear']);
    expect(server.mails).toHaveLength(1);
  });

  it('is not repeated in what goes to the log, whatever the server says', async () => {
    const encoded = Buffer.from('\0bot\0secret123').toString('base64');
    const script = await startScript((line) =>
      /^EHLO/.test(line) ? '250-test\r\n250 AUTH PLAIN' : `535 no: secret123 ${encoded} \u001b[31mred`,
    );
    const error = await deliver(`smtp://bot:secret123@127.0.0.1:${script.port}?tls=off`).catch((why: Error) => why);
    expect(error).toBeInstanceOf(DeliveryError);
    expect((error as Error).message).toMatch(/^[ -~…]+$/);
    expect((error as Error).message).not.toContain('secret123');
    expect((error as Error).message).not.toContain(encoded);
  });
});

it('without a login a mail goes to a server that has no TLS, and not when TLS is asked for', async () => {
  const server = await startServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS', 'AUTH'] });
  await deliver(`smtp://127.0.0.1:${server.port}`);
  expect(server.mails).toHaveLength(1);
  await expect(deliver(`smtp://127.0.0.1:${server.port}?tls=required`)).rejects.toThrow();
  expect(server.mails).toHaveLength(1);
});

it('a message has the same Message-ID when it is sent again, in the domain of its sender', async () => {
  const server = await startServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS', 'AUTH'] });
  await deliver(`smtp://127.0.0.1:${server.port}`);
  await deliver(`smtp://127.0.0.1:${server.port}`);
  const ids = server.mails.map((mail) => /^Message-ID: (.*)$/im.exec(mail)?.[1]?.trim());
  expect(ids).toEqual(['<inc-1.7.1@example.org>', '<inc-1.7.1@example.org>']);
});

it('what an alert says can neither begin a header nor add a recipient', async () => {
  const server = await startServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS', 'AUTH'] });
  const channel = createEmailChannel({ smtpUrl: `smtp://127.0.0.1:${server.port}`, ...addresses });
  const nasty = 'x\r\nBcc: all@example.org\r\n\r\n.\r\nRCPT TO:<evil@example.org>\u2028\u202e\u001b[31m';
  await channel.deliver({ subject: nasty, body: nasty, id: `a> \r\n${nasty}` }, never);
  expect(server.recipients).toEqual(['oncall@example.org']);
  const [head = ''] = (server.mails[0] ?? '').split('\r\n\r\n');
  expect(head).not.toMatch(/^Bcc/im);
  for (const hidden of ['\u001b', '=1B', '\u202e', '=E2=80=AE']) expect(server.mails[0]).not.toContain(hidden);
});

it.each(['MAIL', 'RCPT', 'DATA', '.'])('a 5xx to %s is final, a 4xx is not', async (stage) => {
  const answering = (code: number) => (line: string) => {
    if (line.startsWith(stage)) return `${code} no`;
    if (line === 'DATA') return '354 go on';
    return /^(EHLO|MAIL|RCPT|QUIT|\.$)/.test(line) ? '250 ok' : undefined;
  };
  for (const [code, isFinal] of [
    [550, true],
    [450, false],
  ] as const) {
    const { port } = await startScript(answering(code));
    const error = await deliver(`smtp://127.0.0.1:${port}`).catch((why: unknown) => why);
    expect(error).toBeInstanceOf(Error);
    expect(error instanceof DeliveryError, `${code} to ${stage}`).toBe(isFinal);
  }
});

it('a server that greets nobody, or trickles, is left when the time is over, and its connection is closed', async () => {
  const silent = await startScript(() => undefined, '');
  const hanging = await startScript((line) => (/^EHLO/.test(line) ? '250-still' : undefined));
  for (const { port, sockets } of [silent, hanging]) {
    const over = new AbortController();
    const delivery = deliver(`smtp://127.0.0.1:${port}`, {}, over.signal);
    const refused = expect(delivery).rejects.toThrow();
    await expect.poll(() => sockets.size).toBe(1);
    over.abort(new Error('time is over'));
    await refused;
    await expect.poll(() => [...sockets].every((socket) => socket.readableEnded || socket.destroyed)).toBe(true);
  }
});
