import { isIP } from 'node:net';

const label = '[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?';
const host = String.raw`${label}(?:\.${label})*\.?|\[[0-9A-Fa-f:.]+\]`;
const address = new RegExp(`^https?://(?:${host})(?::\\d{1,5})?(?:[/?][A-Za-z0-9._~:/?@!$&'()*+,;=%-]*)?$`);

/**
 * Whether Slack messages can go to this address: https, without a login, a fragment or blanks, which `fetch` refuses or
 * loses. Plain http only to a name or address that is not public, such as a relay beside the bot: the address is the secret.
 */
export function isSlackAddress(text: string): boolean {
  if (!address.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || isPrivate(hostname.replace(/^\[|\]$/g, ''));
}

function isPrivate(host: string): boolean {
  if (isIP(host) === 4) return /^(127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\./.test(host);
  if (isIP(host) === 6) return host === '::1' || /^f[cd]|^fe[89ab]/.test(host);
  return !host.includes('.') || /\.(localhost|internal|local|lan|home\.arpa)$/.test(host);
}
