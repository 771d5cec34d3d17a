import type { Transporter } from 'nodemailer';
import { type Channel, DeliveryError } from './channel.ts';

export interface EmailOptions {
  /** smtp://user:password@host:port or smtps://… */
  smtpUrl: string;
  from: string;
  /** One address, or several with commas between them. */
  to: string;
}

/** Mail over SMTP. A 5xx reply is final (RFC 5321, 4.2.1); anything else is tried again. */
export function createEmailChannel({ smtpUrl, from, to }: EmailOptions): Channel {
  let transport: Transporter | undefined;
  return {
    name: 'email',
    deliver: async ({ subject, body }) => {
      transport ??= await openTransport(smtpUrl);
      try {
        await transport.sendMail({ from, to, subject: subject.replace(/[\r\n]+/g, ' '), text: body });
      } catch (error) {
        const { responseCode = 0 } = error as { responseCode?: number };
        throw responseCode >= 500 ? new DeliveryError((error as Error).message) : error;
      }
    },
  };
}

/** The mail library is loaded by the first message: most bots never send one. */
async function openTransport(url: string): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  return createTransport({ url, connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000 });
}
