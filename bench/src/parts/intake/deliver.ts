import { Agent, request } from 'node:http';
import type { Sample } from '../../interleave.ts';
import { quantileOf } from '../../statistics.ts';
import { freshen, makePayload, type Payload } from './payload.ts';

export interface Load {
  /** Alerts in one payload. */
  size: number;
  /** Each waits for its answer before it sends again, as Alertmanager does for one group. */
  senders: number;
  /** Every sender sends one and the same payload over and over: all duplicates but the first. */
  repeats: boolean;
  seconds: number;
}

export interface DeliverySample extends Sample {
  alertsPerSecond: number;
  medianMs: number;
  p99Ms: number;
  /** Share of one core that this process used. */
  generatorShare: number;
}

/** Never the same twice in a run, whoever asks. */
const fingerprints = { next: 1 };

/** As much as the senders bring through. @throws Error when an answer is not 202 */
export async function deliver(url: string, { size, senders, repeats, seconds }: Load): Promise<DeliverySample> {
  const agent = new Agent({ keepAlive: true, maxSockets: senders });
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const shared = makePayload(size);
  freshen(shared, fingerprints);
  const send = async () => {
    const payload = repeats ? shared : makePayload(size);
    do {
      if (!repeats) freshen(payload, fingerprints);
      latencies.push(await post(agent, url, payload));
    } while (performance.now() - startedAt < seconds * 1_000);
  };
  await Promise.all(Array.from({ length: senders }, send)).finally(() => agent.destroy());
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  return {
    alertsPerSecond: (latencies.length * size * 1_000) / ms,
    medianMs: quantileOf(latencies, 0.5),
    p99Ms: quantileOf(latencies, 0.99),
    generatorShare: (user + system) / 1_000 / ms,
  };
}

function post(agent: Agent, url: string, { bytes }: Payload): Promise<number> {
  const headers = { 'content-type': 'application/json', 'content-length': bytes.length };
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: 'POST', headers }, (response) => {
      if (response.statusCode !== 202) reject(new Error(`${url} answered ${response.statusCode}`));
      response.resume().once('end', () => resolve(performance.now() - startedAt));
    });
    sent.once('error', reject).end(bytes);
  });
}
