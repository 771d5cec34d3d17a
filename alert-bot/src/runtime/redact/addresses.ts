import { looksSecret } from './looks-secret.ts';
import { type Span, withoutSpans } from './marker.ts';

/** What an address may go on with; quotes and brackets end it. */
const rest = /[^\s"'`<>]{0,500}/y;
const port = /^\d{1,5}$/;

/** Takes the password, or a user that is a token, out of `scheme://user:password@host`. */
export function redactAddresses(text: string): string {
  const spans: Span[] = [];
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at)) {
    const start = at + 3;
    rest.lastIndex = start;
    const login = loginOf(rest.exec(text)?.[0] ?? '');
    if (login) spans.push({ from: start + login.from, to: start + login.to });
    at = start + (login?.to ?? 0);
  }
  return withoutSpans(text, spans);
}

function loginOf(found: string): Span | undefined {
  const address = found.split('://', 1)[0] as string; // another one can follow after a comma
  const to = endOfLogin(address);
  if (to < 1) return undefined;
  const colon = address.indexOf(':');
  if (colon !== -1 && colon < to) return colon + 1 < to ? { from: colon + 1, to } : undefined;
  return looksSecret(address.slice(0, to), 16) ? { from: 0, to } : undefined;
}

/** Where the last @ before the host is; -1 when there is no login. Passwords have @ and / in them, which should have been escaped. */
function endOfLogin(address: string): number {
  const host = address.search(/[/?#]/);
  const authority = host === -1 ? address : address.slice(0, host);
  if (authority.includes('@'))
    return Math.max(authority.lastIndexOf('@'), lastBeforeHost(address.split('?', 1)[0] as string));
  const colon = authority.indexOf(':');
  return colon === -1 || port.test(authority.slice(colon + 1)) ? -1 : lastBeforeHost(address);
}

const hostName = /[\w.-]{1,255}(?::\d{1,5})?(?=[/?,;]|$)/y;

/** The last of the @ that a host follows; one that begins a part of a path is none. */
function lastBeforeHost(path: string): number {
  for (let tries = 0, at = path.lastIndexOf('@'); at > 0 && tries < 5; tries += 1, at = path.lastIndexOf('@', at - 1)) {
    hostName.lastIndex = at + 1;
    if (path[at - 1] !== '/' && hostName.test(path)) return at;
  }
  return -1;
}
