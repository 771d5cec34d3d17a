import type { Transporter } from 'nodemailer';
import { type Channel, DeliveryError } from './channel.ts';
import { plainLine, plainText } from './plain-text.ts';
import { parseSmtpAddress, type SmtpAddress } from './smtp-address.ts';

export interface EmailOptions {
  /** As `parseSmtpAddress` reads it. */
  smtpUrl: string;
  from: string;
  /** One address, or several with commas between them. */
  to: string;
  /** The authority that vouches for the server; Node's own (and NODE_EXTRA_CA_CERTS) by default. */
  ca?: string;
}

const maxBodyLength = 20_000;

/** Mail over SMTP. A 5xx reply is final (RFC 5321, 4.2.1); anything else is tried again. */
export function createEmailChannel({ smtpUrl, from, to, ca }: EmailOptions): Channel {
  const address = parseSmtpAddress(smtpUrl);
  const domain = /@([A-Za-z0-9.-]+)/.exec(from)?.[1] ?? 'localhost';
  let transport: Transporter | undefined;
  return {
    name: 'email',
    deliver: async ({ subject, body, id }, signal) => {
      transport ??= await openTransport(address, ca);
      const mail = { from, to, subject: plainLine(subject, 200), text: plainText(body, maxBodyLength), signal };
      try {
        await transport.sendMail(id === undefined ? mail : { ...mail, messageId: messageIdOf(id, domain) });
      } catch (error) {
        throw withoutSecrets(error as Error & { responseCode?: number }, address);
      }
    },
  };
}

/** The mail library is loaded by the first message: most bots never send one. */
async function openTransport({ host, port, tls, login }: SmtpAddress, ca?: string): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  return createTransport({
    ...{ host, port, connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000, dnsTimeout: 5_000 },
    secure: tls === 'implicit',
    requireTLS: tls === 'required', // a server, or somebody on the way, that offers no STARTTLS gets no password
    ignoreTLS: tls === 'off',
    ...(ca !== undefined && { tls: { ca } }),
    ...(login && { auth: { user: login.user, pass: login.password } }),
  });
}

/** The same for the same message, so that a mail program shows one that was sent twice once. */
const messageIdOf = (id: string, domain: string): string =>
  `<${id.replaceAll(/[^A-Za-z0-9.-]/g, '_').slice(0, 200)}@${domain}>`;

/** Servers repeat what they were sent. */
function withoutSecrets(
  { message, responseCode = 0 }: Error & { responseCode?: number },
  { login }: SmtpAddress,
): Error {
  const secrets = login ? [login.password, base64(login.password), base64(`\0${login.user}\0${login.password}`)] : [];
  const said = plainLine(
    secrets.reduce((text, secret) => text.replaceAll(secret, '…'), message),
    300,
  );
  return responseCode >= 500 ? new DeliveryError(said) : new Error(said);
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
