import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantileOf } from './statistics.ts';

export interface FixedRateOptions {
  url: string;
  method: 'GET' | 'POST';
  body?: string | undefined;
  requestsPerSecond: number;
  seconds: number;
}

/**
 * Open loop: requests leave when they are due, whether or not earlier ones were answered, and each is timed from when it
 * was due. A server that stalls pays for every request that the stall delays (no coordinated omission).
 * Resolves to the 99th percentile in milliseconds. @throws Error when an answer is not 2xx
 */
export async function p99AtFixedRate({ requestsPerSecond, seconds, ...what }: FixedRateOptions): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const start = performance.now();
  const answers: Promise<number>[] = [];
  for (let index = 0; index < requestsPerSecond * seconds; index += 1) {
    const due = start + (index * 1_000) / requestsPerSecond;
    const early = due - performance.now();
    if (early > 1) await sleep(early);
    answers.push(timedRequest(agent, due, what));
  }
  const latencies = await Promise.all(answers).finally(() => agent.destroy());
  return quantileOf(latencies, 0.99);
}

type Target = Pick<FixedRateOptions, 'url' | 'method' | 'body'>;

function timedRequest(agent: Agent, due: number, { url, method, body }: Target): Promise<number> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers }, (response) => {
      if (Math.trunc((response.statusCode ?? 0) / 100) !== 2)
        reject(new Error(`${url} answered ${response.statusCode}`));
      response.resume().on('end', () => resolve(performance.now() - due));
    });
    sent.on('error', reject).end(body);
  });
}
