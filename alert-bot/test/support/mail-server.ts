import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A real mail server; what it was told in logins and mails. */
export async function startMailServer(options: SMTPServerOptions) {
  const seen = { logins: [] as string[], mails: [] as string[], recipients: [] as string[] };
  const server = new SMTPServer({
    logger: false,
    closeTimeout: 100,
    authOptional: true,
    onAuth: ({ username, password }, session, done) => {
      seen.logins.push(`${username}:${password} ${session.secure ? 'over TLS' : 'in the clear'}`);
      done(null, { user: username });
    },
    onRcptTo: ({ address }, _session, done) => {
      seen.recipients.push(address);
      done();
    },
    onData: (stream, _session, done) => {
      let mail = '';
      stream.on('data', (chunk: Buffer) => {
        mail += chunk.toString();
      });
      stream.on('end', () => {
        seen.mails.push(mail);
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined); // a client that went away
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return { port, close: () => server.close(), ...seen };
}
