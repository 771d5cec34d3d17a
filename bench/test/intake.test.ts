import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBody } from '@stack/test-kit/read-body';
import { expect, onTestFinished, test } from 'vitest';
import { parseDelivery } from '../../alert-bot/src/alerts/parse-delivery.ts';
import { deliver } from '../src/parts/intake/deliver.ts';
import { freshen, makePayload } from '../src/parts/intake/payload.ts';

test('a payload is one that the bot takes, and fresh ones share no alert', () => {
  const payload = makePayload(100);
  const counter = { next: 7 };
  const take = () => {
    freshen(payload, counter);
    return parseDelivery(JSON.parse(payload.bytes.toString()), 0).alerts.map(({ fingerprint }) => fingerprint);
  };
  expect(new Set([...take(), ...take()]).size).toBe(200);
  expect(counter.next).toBe(207);
  expect(payload.bytes.length / 100).toBeGreaterThan(600);
});

async function startServer(status: number) {
  const fingerprints: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    if (body === undefined) return;
    const { alerts } = JSON.parse(body.toString());
    fingerprints.push(...alerts.map((alert: { fingerprint: string }) => alert.fingerprint));
    response.writeHead(status).end('{}');
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alert`, fingerprints };
}

test('what was answered is counted: all new, or all the same', async () => {
  const { url, fingerprints } = await startServer(202);
  const sample = await deliver(url, { size: 10, senders: 3, repeats: false, seconds: 0.1 });
  expect(new Set(fingerprints).size).toBe(fingerprints.length);
  expect(sample.alertsPerSecond).toBeGreaterThan(0);
  expect(sample.p99Ms).toBeGreaterThanOrEqual(sample.medianMs);
  fingerprints.length = 0;
  await deliver(url, { size: 10, senders: 3, repeats: true, seconds: 0.1 });
  expect(new Set(fingerprints).size).toBe(10);
});

test('an answer that is not 202 ends the measurement', async () => {
  const { url } = await startServer(503);
  await expect(deliver(url, { size: 1, senders: 1, repeats: false, seconds: 0.1 })).rejects.toThrow('answered 503');
});
