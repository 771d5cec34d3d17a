import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isPayload } from '../../src/alerts/is-payload.ts';
import { InvalidPayload, parseDelivery } from '../../src/alerts/parse-delivery.ts';
import { webhookPayload } from '../../src/alerts/webhook-schema.ts';
import { simulate } from '../../src/healer/simulate.ts';
import { observation, policy, start } from '../support/world.ts';

/** 100,000 outside the normal run: `FUZZ_RUNS=100000 npx vitest run alert-bot/test/alerts/fuzz.test.ts`. */
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 2_000);
const real = JSON.parse(readFileSync(new URL('../fixtures/alertmanager-0.33-mixed.json', import.meta.url), 'utf8'));

/** Parses and judges as the bot would. Anything but a delivery or `InvalidPayload` is a mistake of ours. */
function take(body: unknown): string[] {
  try {
    return simulate(parseDelivery(body, start), observation(), policy, start).map(({ reason }) => reason);
  } catch (error) {
    if (error instanceof InvalidPayload && error.problems.length > 0) return [];
    throw error;
  }
}

it('no JSON at all leads to anything but a refusal or a decision', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue(), (body, alerts) => {
      take(body);
      take({ alerts });
      expect(take({ alerts: [{ labels: { alertname: 'X', value: JSON.stringify(body) } }] })).toEqual(['no_runbook']);
    }),
    { numRuns },
  );
});

/** Puts `value` somewhere into a copy of a real payload. */
function mutated(path: readonly number[], value: unknown): unknown {
  const copy = structuredClone(real);
  let at = copy;
  for (const step of path) {
    const keys = Object.keys(at);
    const key = keys[step % keys.length];
    if (key === undefined) break;
    if (at[key] === null || typeof at[key] !== 'object') {
      at[key] = value;
      return copy;
    }
    at = at[key];
  }
  return copy;
}

it('no real payload with anything put anywhere into it does', () => {
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom('__proto__', 'constructor', '\u0000', '9999-99-99T00:00:00Z', 1e308, ''),
  );
  fc.assert(
    fc.property(
      fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }),
      anything,
      (path, value) => void take(mutated(path, value)),
    ),
    { numRuns },
  );
});

it('the check by hand says yes to real payloads, and never to one that the schema refuses', () => {
  expect(isPayload(real)).toBe(true);
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(
      null,
      '',
      'firing',
      -1,
      1.5,
      [],
      {},
      '2026-01-31T12:00:00Z',
      '2026-13-31T12:00:00Z',
      'x'.repeat(5_000),
    ),
  );
  const paths = fc.array(fc.nat(20), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(paths, anything, (path, value) => {
      const body = mutated(path, value);
      const { success } = webhookPayload.safeParse(body);
      expect(isPayload(body)).toBe(success);
    }),
    { numRuns },
  );
});

it('its bounds are the schema’s', () => {
  const labels = (count: number, name = 'n', value = 'v') =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}${i}`, value]));
  const alerts = [
    { labels: {} },
    { labels: labels(100) },
    { labels: labels(101) },
    { labels: { ['n'.repeat(256)]: 'v' } },
    { labels: { ['n'.repeat(257)]: 'v' } },
    { labels: { '': 'v' } },
    { labels: { n: 'v'.repeat(4_096) } },
    { labels: { n: 'v'.repeat(4_097) } },
    { labels: labels(1), annotations: labels(101) },
    { labels: labels(1), annotations: [] },
    { labels: ['v'] },
    { labels: labels(1), status: null },
  ];
  for (const alert of alerts) {
    const body = { alerts: [alert] };
    expect(isPayload(body), JSON.stringify(alert).slice(0, 80)).toBe(webhookPayload.safeParse(body).success);
  }
  expect(isPayload({ alerts: Array(100_001).fill({ labels: { a: 'b' } }) })).toBe(false);
});

it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('a label called %s is a label', (name) => {
  const body = JSON.parse(`{"alerts":[{"labels":{"alertname":"APIDown","service":"api","${name}":"x"}}]}`);
  expect(take(body).filter((reason) => reason !== 'matched')).toEqual([]);
});
