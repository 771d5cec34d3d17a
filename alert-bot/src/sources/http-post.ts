import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { SourceAddress } from '../verify/source-address.ts';

/** Says what was wrong, without the login. */
export class PostRefused extends Error {
  override readonly name = 'PostRefused';
}

/**
 * Sends JSON and throws the answer away. Redirects are not followed: the login goes with the request.
 * @throws PostRefused when the answer is not 2xx; the connection's own error when there is none in time
 */
export async function httpPost(
  { url: base, authorization }: SourceAddress,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<void> {
  const text = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(authorization !== undefined && { authorization }),
  };
  const url = new URL(path, base);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request: ClientRequest = send(url, { method: 'POST', headers, agent: false, signal }, resolve);
    request.once('error', reject);
    request.end(text);
  });
  const { statusCode = 0 } = response;
  response.resume();
  if (statusCode < 200 || statusCode > 299) throw new PostRefused(`it answered ${statusCode}`);
}
