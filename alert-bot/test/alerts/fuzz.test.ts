import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
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

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    ...[null, '', 'firing', -1, 1.5, 1e308, [], {}, '__proto__', 'constructor', '\u0000', '\ud800', 'x'.repeat(5_000)],
    ...['2026-01-31T12:00:00Z', '2026-13-31T12:00:00Z', '9999-99-99T00:00:00Z', '+275760-09-13T00:00:00Z'],
  ),
);
const somewhere = fc.array(fc.nat(20), { minLength: 1, maxLength: 5 });

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
  fc.assert(
    fc.property(somewhere, anything, (path, value) => void take(mutated(path, value))),
    { numRuns },
  );
});

it('no alert, whatever is in it, keeps another out of a delivery', () => {
  const odd = fc.oneof(
    anything,
    fc.record(
      { status: anything, labels: anything, annotations: anything, startsAt: anything, endsAt: anything },
      { requiredKeys: [] },
    ),
    fc.record({ labels: fc.dictionary(fc.string(), anything), annotations: fc.dictionary(fc.string(), anything) }),
  );
  const down = { status: 'firing', labels: { alertname: 'APIDown', service: 'api' } };
  fc.assert(
    fc.property(fc.array(odd, { maxLength: 3 }), fc.array(odd, { maxLength: 3 }), (before, after) => {
      const { alerts, refused } = parseDelivery({ alerts: [...before, down, ...after] }, start);
      expect(alerts.length + refused.count).toBe(before.length + after.length + 1);
      expect(alerts.filter(({ labels }) => labels['alertname'] === 'APIDown')).toHaveLength(1);
    }),
    { numRuns },
  );
});

it('what the OpenAPI document asks for is taken, all of it', () => {
  fc.assert(
    fc.property(somewhere, anything, (path, value) => {
      const body = mutated(path, value);
      const { success, data } = webhookPayload.safeParse(body);
      const named = data?.alerts.every(({ labels }) => Object.values(labels).some((text) => text !== ''));
      if (success && named) expect(parseDelivery(body, start).refused.count).toBe(0);
    }),
    { numRuns },
  );
});

it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('a label called %s is a label', (name) => {
  const body = JSON.parse(`{"alerts":[{"labels":{"alertname":"APIDown","service":"api","${name}":"x"}}]}`);
  expect(take(body).filter((reason) => reason !== 'matched')).toEqual([]);
});
