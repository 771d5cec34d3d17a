import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import { InvalidPayload, parseDelivery } from '../../src/alerts/parse-delivery.ts';

const now = Date.parse('2026-11-22T18:00:00Z');
const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));
const captured = ['0.25', '0.33'].flatMap((version) =>
  ['firing', 'mixed', 'resolved'].map((kind) => `alertmanager-${version}-${kind}`),
);

function problemsOf(body: unknown): string {
  try {
    parseDelivery(body, now);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof InvalidPayload)) throw error;
    return error.problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  }
}

describe.each(captured)('the payload %s that a real Alertmanager sent', (name) => {
  it('is accepted, every alert with its own status and times', () => {
    const { alerts, truncatedAlerts, receiver } = parseDelivery(fixture(name), now);
    expect({ count: alerts.length > 0, truncatedAlerts, receiver }).toEqual({
      count: true,
      truncatedAlerts: 0,
      receiver: 'bot',
    });
    for (const alert of alerts) {
      expect(alert.startsAt).toBeGreaterThan(0);
      expect(alert.startsAtMissing).toBe(false);
      expect(alert.endsAt === undefined).toBe(alert.status === 'firing');
    }
  });

  it('carries the fingerprints that we compute from the labels', () => {
    for (const { labels, fingerprint } of fixture(name).alerts) expect(fingerprintOf(labels)).toBe(fingerprint);
  });
});

it('takes a resolved alert inside a firing message for what it is', () => {
  const { alerts } = parseDelivery(fixture('alertmanager-0.33-mixed'), now);
  expect(alerts.map(({ status }) => status)).toEqual(['resolved', 'firing']);
});

it('fills in the short form that a person types', () => {
  const labels = { alertname: 'APIHighLatency', severity: 'critical' };
  expect(parseDelivery({ alerts: [{ labels }] }, now)).toEqual({
    truncatedAlerts: 0,
    alerts: [
      {
        status: 'firing',
        labels,
        annotations: {},
        startsAt: now,
        startsAtMissing: true,
        fingerprint: fingerprintOf(labels),
      },
    ],
  });
});

it.each([
  ['a zero startsAt is a missing one', { startsAt: '0001-01-01T00:00:00Z' }, { startsAt: now, startsAtMissing: true }],
  ['a malformed fingerprint is computed', { fingerprint: 'x' }, { fingerprint: fingerprintOf({ alertname: 'A' }) }],
  ['an empty label is no label', { labels: { alertname: 'A', pod: '' } }, { labels: { alertname: 'A' } }],
  ['a resolved alert without an end ended now', { status: 'resolved' }, { endsAt: now }],
  ['null annotations are none', { annotations: null }, { annotations: {} }],
  ['unknown keys are ignored', { valueString: '[]', values: { A: 1 } }, { status: 'firing' }],
])('%s', (_rule, extra, expected) => {
  const { alerts } = parseDelivery({ alerts: [{ labels: { alertname: 'A' }, ...extra }] }, now);
  expect(alerts[0]).toMatchObject(expected);
});

it.each([
  [null, ': Invalid input: expected object, received null'],
  [[], ': Invalid input: expected object, received array'],
  ['{}', ': Invalid input: expected object, received string'],
  [{}, 'alerts: Invalid input: expected array, received undefined'],
  [{ alerts: {} }, 'alerts: Invalid input: expected array, received object'],
  [{ alerts: [null] }, 'alerts[0]: Invalid input: expected object, received null'],
  [{ alerts: [{ labels: {} }] }, 'alerts[0].labels: must have at least one label'],
  [{ alerts: [{ labels: { a: 1 } }] }, 'alerts[0].labels.a: Invalid input: expected string, received number'],
  [
    { alerts: [{ labels: { a: 'x' } }, { labels: { a: 'x' }, status: 'maybe' }] },
    'alerts[1].status: Invalid option: expected one of "firing"|"resolved"',
  ],
  [
    { alerts: [{ labels: { a: 'x' }, startsAt: 'yesterday' }] },
    'alerts[0].startsAt: must be an RFC 3339 time, for example 2026-01-31T12:00:00Z',
  ],
  [
    { alerts: [{ labels: { a: 'x'.repeat(5_000) } }] },
    'alerts[0].labels.a: Too big: expected string to have <=4096 characters',
  ],
  [
    { alerts: [{ labels: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`l${i}`, 'x'])) }] },
    'alerts[0].labels: must not have more than 100 labels',
  ],
])('refuses %j and says where', (body, message) => {
  expect(problemsOf(body)).toBe(message);
});

it('reads ten thousand alerts of one body', () => {
  const alerts = Array.from({ length: 10_000 }, (_, i) => ({
    labels: { alertname: 'Storm', instance: `10.0.0.${i}` },
  }));
  const delivery = parseDelivery({ alerts }, now);
  expect(new Set(delivery.alerts.map(({ fingerprint }) => fingerprint)).size).toBe(10_000);
});

it.each([
  [{}, 'cbf29ce484222325'],
  [{ alertname: 'A' }, 'd2c6efc389df0927'],
  [{ x: 'ü€😀', service: 'api', alertname: 'APIHighLatency' }, '29f8768e0bed729f'],
  [{ x: 'ü€😀', service: 'api', alertname: 'APIHighLatency', pod: '' }, '29f8768e0bed729f'],
])('the fingerprint of %j is %s', (labels, expected) => {
  expect(fingerprintOf(labels as Record<string, string>)).toBe(expected);
});
