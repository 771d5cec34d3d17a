/** Where a source is and how one logs in there. */
export interface SourceAddress {
  /** Without a login, and with a path that ends in a slash. */
  url: URL;
  /** The value of the header `Authorization`. */
  authorization?: string;
}

/** A login that is not part of the address. */
export interface SourceLogin {
  username?: string | undefined;
  password?: string | undefined;
  bearerToken?: string | undefined;
}

/** What is wrong with an address, in words that complete `PROMETHEUS_URL: …` and never repeat a part of it. */
export class SourceAddressError extends Error {
  override readonly name = 'SourceAddressError';
}

/**
 * Reads the address of a Prometheus or an Alertmanager. A login inside it (`http://bot:secret@prometheus:9090`, percent-encoded)
 * becomes a header: fetch and most logs would carry it around.
 * @throws SourceAddressError
 */
export function readSourceAddress(text: string, login: SourceLogin = {}): SourceAddress {
  if (!URL.canParse(text) || !/^https?:\/\//i.test(text))
    throw new SourceAddressError('must be an address that starts with http:// or https://');
  const url = new URL(text);
  if (url.search !== '' || url.hash !== '')
    throw new SourceAddressError('must have neither a query (?) nor a fragment (#)');
  const authorization = authorizationOf(url, login);
  url.username = '';
  url.password = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return { url, ...(authorization !== undefined && { authorization }) };
}

function authorizationOf(url: URL, { username, password, bearerToken }: SourceLogin): string | undefined {
  const inside = url.username !== '' || url.password !== '';
  const beside = username !== undefined || password !== undefined;
  if (Number(inside) + Number(beside) + Number(bearerToken !== undefined) > 1)
    throw new SourceAddressError(
      'has more than one login: set one of a login inside the address, a user, a bearer token',
    );
  if (bearerToken !== undefined) return `Bearer ${bearerToken}`;
  if (inside) return basic(decoded(url.username), decoded(url.password));
  return beside ? basic(username ?? '', password ?? '') : undefined;
}

function basic(username: string, password: string): string {
  if (username === '' || password === '')
    throw new SourceAddressError('has a login without a user or without a password');
  if (username.includes(':'))
    throw new SourceAddressError('has a user with a colon, which basic authorization cannot carry');
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SourceAddressError('has a login that is not percent-encoded');
  }
}
