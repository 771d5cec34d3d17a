import { Agent, request } from 'node:http';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { DescribedRequest } from './requests-of-openapi.ts';

/** What a client may be told anywhere: the address cannot be read, nothing is there, not this method, too many headers. */
const always = [400, 404, 405, 431];

export interface NoServerErrorOptions {
  url: string;
  requests: fc.Arbitrary<DescribedRequest>;
  runs: number;
}

/** Sends the requests: each is answered below 500, with a status that the document names for it. */
export async function expectNoServerError({ url, requests, runs }: NoServerErrorOptions): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  try {
    await fc.assert(
      fc.asyncProperty(requests, async (sent) => {
        const { status, text } = await send(url, agent, sent);
        expect(status, text).toBeLessThan(500);
        expect([...sent.documented, ...always], text).toContain(status);
      }),
      { numRuns: runs },
    );
  } finally {
    agent.destroy();
  }
}

function send(
  url: string,
  agent: Agent,
  { method, path, headers, body }: DescribedRequest,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const req = request(url, { agent, method, path, headers: { ...headers, ...length } }, (res) => {
      let text = '';
      const finish = () => {
        res.destroy();
        resolve({ status: res.statusCode ?? 0, text });
      };
      if (res.headers['content-type'] === 'text/event-stream') return finish();
      res.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      res.on('end', () => resolve({ status: res.statusCode ?? 0, text })).on('error', reject);
    });
    req.on('error', reject).end(body);
  });
}
