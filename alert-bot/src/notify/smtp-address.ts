import { isIPv6 } from 'node:net';

/** Where mail goes and how safely. */
export interface SmtpAddress {
  /** Without the brackets of an IPv6 address. */
  host: string;
  port: number;
  /**
   * `implicit`: TLS from the first byte. `required`: STARTTLS, or the mail is not sent. `offered`: STARTTLS if the server has
   * it. `off`: never, which only the address itself can ask for.
   */
  tls: 'implicit' | 'required' | 'offered' | 'off';
  login?: { user: string; password: string };
}

/** The address is none; the message says what to write instead, and never what was written. */
export class NotAnSmtpAddress extends Error {
  override readonly name = 'NotAnSmtpAddress';
}

const escapes =
  'in the user and the password write # as %23, / as %2F, ? as %3F, @ as %40, % as %25 and a space as %20';
const letters = "A-Za-z0-9._~!$&'()*+,;=%-";
const label = '[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?';
const address = new RegExp(
  [
    '^(?<scheme>smtps?)://',
    `(?:(?<user>[${letters}]*)(?::(?<password>[:${letters}]*))?(?<at>@))?`,
    String.raw`(?<host>${label}(?:\.${label})*\.?|\[[^\]]*\])`,
    String.raw`(?::(?<port>\d*))?/?(?:\?tls=(?<tls>off|required))?$`,
  ].join(''),
);
const longest = 2_048;

/**
 * Reads `SMTP_URL`: `smtp://[user:password@]host[:port][?tls=off|required]` or `smtps://…`. Stricter than URL parsers, which
 * guess: everything that could mean something else has to be percent-encoded. `alertmanager/render.sh` reads the same
 * addresses, and one table of examples holds the two together.
 * @throws NotAnSmtpAddress
 */
export function parseSmtpAddress(text: string): SmtpAddress {
  if (!/^smtps?:\/\//.test(text)) throw new NotAnSmtpAddress('does not begin with smtp:// or smtps://');
  if (/^([:/?]|$)/.test(text.slice(Math.max(text.indexOf('//') + 2, text.lastIndexOf('@') + 1))))
    throw new NotAnSmtpAddress('names no host');
  const parts = text.length <= longest ? address.exec(text)?.groups : undefined;
  if (!parts) throw new NotAnSmtpAddress(`is not an address like smtp://user:password@host:587; ${escapes}`);
  const { scheme = '', host: named = '' } = parts;
  const host = named.startsWith('[') ? named.slice(1, -1) : named;
  if (named !== host && !isIPv6(host)) throw new NotAnSmtpAddress('has brackets around what is no IPv6 address');
  const login = parts['at'] === undefined ? undefined : loginOf(parts);
  const port = portOf(parts['port'], scheme);
  return { host, port, tls: tlsOf(scheme, port, parts['tls'], login !== undefined), ...(login && { login }) };
}

function loginOf({ user = '', password = '' }: Record<string, string | undefined>) {
  const login = { user: decoded(user), password: decoded(password) };
  if (login.user === '' || login.password === '')
    throw new NotAnSmtpAddress('needs a user and a password before the @, or neither');
  return login;
}

function decoded(part: string): string {
  try {
    const text = decodeURIComponent(part);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    if (!/[\u0000-\u001f\u007f]/.test(text)) return text;
  } catch {
    // not the percent-encoding of UTF-8 text
  }
  throw new NotAnSmtpAddress(`is not an address: a % does not begin the code of a character; ${escapes}`);
}

function portOf(given: string | undefined, scheme: string): number {
  if (given === undefined) return scheme === 'smtps' ? 465 : 587;
  const port = /^[1-9]\d{0,4}$/.test(given) ? Number(given) : 0;
  if (port < 1 || port > 65_535) throw new NotAnSmtpAddress('has a port that is not a number from 1 to 65535');
  return port;
}

function tlsOf(scheme: string, port: number, asked: string | undefined, withLogin: boolean): SmtpAddress['tls'] {
  const implicit = scheme === 'smtps' || port === 465; // 465 is TLS from the first byte whatever the scheme says (RFC 8314)
  if (implicit && asked === 'off') throw new NotAnSmtpAddress('asks for TLS and for tls=off');
  if (implicit) return 'implicit';
  if (asked === 'off') return 'off';
  return asked === 'required' || withLogin ? 'required' : 'offered';
}
