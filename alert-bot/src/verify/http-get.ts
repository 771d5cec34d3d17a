import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import type { SourceAddress } from './source-address.ts';

export interface HttpAnswer {
  status: number;
  body: Buffer;
  /** The neighbour's clock when it answered, in milliseconds since the epoch; NaN without a date. */
  date: number;
}

export type HttpGet = (url: URL, limits: { signal: AbortSignal; maxBytes: number }) => Promise<HttpAnswer>;

const maxRedirects = 3;

/**
 * GET with a bound on the answer's size, by node:http: fetch would bring 12 MB of memory and unpack compressed answers. A
 * redirect is followed on the same origin only, because the login goes with it.
 */
export function createHttpGet({ url: base, authorization }: SourceAddress, maxSockets: number): HttpGet {
  const secure = base.protocol === 'https:';
  const options = { keepAlive: true, maxSockets, timeout: 4_000 };
  const agent = secure ? new TlsAgent(options) : new Agent(options);
  const headers = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    ...(authorization !== undefined && { authorization }),
  };
  const send = (url: URL, signal: AbortSignal): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const request: ClientRequest = (secure ? httpsRequest : httpRequest)(url, { agent, headers, signal }, resolve);
      request.once('error', (error) => reject(Object.assign(error, { reused: request.reusedSocket })));
      request.end();
    });
  // A connection that the other side closed just now is no failure of the neighbour.
  const sendAgain = (url: URL, signal: AbortSignal) =>
    send(url, signal).catch((error: NodeJS.ErrnoException & { reused: boolean }) => {
      if (!error.reused || signal.aborted) throw error;
      return send(url, signal);
    });
  return async (first, { signal, maxBytes }) => {
    let url = first;
    for (let redirects = 0; ; redirects += 1) {
      const response = await sendAgain(url, signal);
      const { statusCode: status = 0, headers: answered } = response;
      if (status < 300 || status > 399)
        return { status, date: Date.parse(answered.date ?? ''), body: await readBody(response, maxBytes, signal) };
      response.destroy();
      url = redirectTarget(url, answered.location, redirects);
    }
  };
}

function redirectTarget(from: URL, location: string | undefined, redirects: number): URL {
  if (location === undefined || !URL.canParse(location, from.href))
    throw new Error('it answers with a redirect to nowhere');
  const to = new URL(location, from);
  if (to.origin !== from.origin) throw new Error(`it redirects to ${to.origin}, which is not followed`);
  if (redirects >= maxRedirects) throw new Error('it redirects in circles');
  return to;
}

/** An answer to an aborted request fails even when its last byte has come. */
async function readBody(response: IncomingMessage, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    response.destroy();
    throw new Error('its answer is compressed, which it was asked not to be');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      response.destroy();
      throw new Error(`its answer is larger than ${Math.round(maxBytes / 1_048_576)} MiB`);
    }
    chunks.push(chunk);
  }
  signal.throwIfAborted();
  return Buffer.concat(chunks, bytes);
}
