import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertLimits } from '../../src/alerts/alert-limits.ts';
import { cutMark, leftOutName } from '../../src/alerts/cut-text.ts';
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import { labelOf, wholeLabelOf } from '../../src/alerts/label-of.ts';
import { InvalidPayload, parseDelivery } from '../../src/alerts/parse-delivery.ts';

const now = Date.parse('2026-11-22T18:00:00Z');
const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));
const captured = ['0.25', '0.33'].flatMap((version) =>
  ['firing', 'mixed', 'resolved'].map((kind) => `alertmanager-${version}-${kind}`),
);
const labels = { alertname: 'APIDown', severity: 'critical' };
const good = { labels };
const json = (text: string) => JSON.parse(text);
const many = (count: number, name = 'l') =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}${i}`, 'x']));
/** The alert beside a good one, or what was said about it. */
function besideGood(alert: unknown) {
  const { alerts, refused } = parseDelivery({ alerts: [good, alert] }, now);
  expect(alerts[0]?.labels).toEqual(labels);
  return alerts[1] ?? refused.problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
}
const taken = (alert: unknown) => {
  const read = besideGood(alert);
  if (typeof read === 'string') throw new Error(read);
  return read;
};

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
    const { alerts, truncatedAlerts, receiver, refused } = parseDelivery(fixture(name), now);
    expect({ count: alerts.length > 0, truncatedAlerts, receiver, refused: refused.count }).toEqual({
      count: true,
      truncatedAlerts: 0,
      receiver: 'bot',
      refused: 0,
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
  expect(parseDelivery({ alerts: [{ labels }] }, now)).toEqual({
    truncatedAlerts: 0,
    leftOut: 0,
    refused: { count: 0, problems: [] },
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
  ['a malformed fingerprint is computed', { fingerprint: 'x' }, { fingerprint: fingerprintOf(labels) }],
  ['a fingerprint that is a number is computed', { fingerprint: 7 }, { fingerprint: fingerprintOf(labels) }],
  ['the fingerprint of the sender is kept', { fingerprint: 'c6eadffa33fcdf37' }, { fingerprint: 'c6eadffa33fcdf37' }],
  ['an empty label is no label', { labels: { alertname: 'A', pod: '' } }, { labels: { alertname: 'A' } }],
  ['a resolved alert without an end ended now', { status: 'resolved' }, { endsAt: now }],
  ['null annotations are none', { annotations: null }, { annotations: {} }],
  ['annotations that are a list are none', { annotations: ['x'] }, { annotations: {} }],
  ['a null annotation is none', { annotations: { a: null, b: 'x' } }, { annotations: { b: 'x' } }],
  ['a number is an annotation', { annotations: { a: 7, b: true } }, { annotations: { a: '7', b: 'true' } }],
  ['an annotation that is an object is none', { annotations: { a: {}, b: [] } }, { annotations: {} }],
  ['unknown keys are ignored', { valueString: '[]', values: { A: 1 } }, { status: 'firing' }],
  ['an address that is no text is none', { generatorURL: 7 }, { labels }],
  ['FIRING is firing', { status: 'FIRING' }, { status: 'firing' }],
  ['Resolved is resolved', { status: 'Resolved' }, { status: 'resolved' }],
])('%s', (_rule, extra, expected) => {
  expect(taken({ labels, ...extra })).toMatchObject(expected);
});

it.each([
  ['2026-11-22T17:00:00t', null],
  ['2026-11-22t17:00:00z', '2026-11-22T17:00:00.000Z'],
  ['2026-11-22 17:00:00Z', '2026-11-22T17:00:00.000Z'],
  ['2026-11-22T17:00Z', '2026-11-22T17:00:00.000Z'],
  ['2026-11-22T17:00:00,25Z', '2026-11-22T17:00:00.250Z'],
  ['2026-11-22T17:00:00.123456789Z', '2026-11-22T17:00:00.123Z'],
  ['2026-11-22T17:00:00.9999999999Z', '2026-11-22T17:00:00.999Z'],
  ['2021-10-12T09:51:03.157076+02:00', '2021-10-12T07:51:03.157Z'],
  ['2026-11-22T17:00:00-0330', '2026-11-22T20:30:00.000Z'],
  ['2026-11-22T17:00:00-00:00', '2026-11-22T17:00:00.000Z'],
  ['2026-11-22T24:00:00Z', '2026-11-23T00:00:00.000Z'],
  ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
  ['2026-02-30T00:00:00Z', null],
  ['2026-13-01T00:00:00Z', null],
  ['2026-11-22T25:00:00Z', null],
  ['2026-11-22T24:00:01Z', null],
  ['2026-11-22T17:60:00Z', null],
  ['2026-11-22T17:00:61Z', null],
  ['2026-11-22T17:00:00+24:00', null],
  ['2026-11-22T17:00:00', null],
  ['2026-11-22', null],
  ['1764000000', null],
  ['soon', null],
])('the time %s is %s', (startsAt, expected) => {
  const read = besideGood({ labels, startsAt });
  if (typeof read === 'string')
    expect([read, expected]).toEqual([expect.stringContaining('alerts[1].startsAt: must be an RFC 3339 time'), null]);
  else expect([new Date(read.startsAt).toISOString(), read.startsAtMissing]).toEqual([expected, false]);
});

it.each([
  '0001-01-01T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '-0044-03-15T00:00:00Z',
  '10000-01-01T00:00:00Z',
  '+275761-01-01T00:00:00Z',
  '',
])('the time %j is as good as none', (time) => {
  expect(taken({ labels, startsAt: time, endsAt: time })).toMatchObject({ status: 'firing', startsAtMissing: true });
  expect(taken({ labels, status: 'resolved', endsAt: time })).toMatchObject({ endsAt: now });
});

it.each([
  [null, 'alerts[1]: must be an object'],
  ['APIDown', 'alerts[1]: must be an object'],
  [7, 'alerts[1]: must be an object'],
  [[good], 'alerts[1]: must be an object'],
  [{}, 'alerts[1].labels: must be an object'],
  [{ labels: null }, 'alerts[1].labels: must be an object'],
  [{ labels: ['a'] }, 'alerts[1].labels: must be an object'],
  [{ labels: {} }, 'alerts[1].labels: must have at least one label with a value'],
  [{ labels: { a: '' } }, 'alerts[1].labels: must have at least one label with a value'],
  [{ labels: { a: 1 } }, 'alerts[1].labels.a: must be a text'],
  [{ labels: { a: null } }, 'alerts[1].labels.a: must be a text'],
  [{ labels: { a: { toString: 'x' } } }, 'alerts[1].labels.a: must be a text'],
  [{ labels, status: 'suppressed' }, 'alerts[1].status: must be firing or resolved'],
  [{ labels, status: 'pending' }, 'alerts[1].status: must be firing or resolved'],
  [{ labels, status: 0 }, 'alerts[1].status: must be firing or resolved'],
  [{ labels, status: { state: 'active' } }, 'alerts[1].status: must be firing or resolved'],
  [{ labels, startsAt: 1764000000 }, 'alerts[1].startsAt: must be an RFC 3339 time, for example 2026-01-31T12:00:00Z'],
  [{ labels, endsAt: 'soon' }, 'alerts[1].endsAt: must be an RFC 3339 time, for example 2026-01-31T12:00:00Z'],
])('the alert %j is refused with its place, and the one beside it is taken', (alert, problem) => {
  expect(besideGood(alert)).toBe(problem);
});

it('lists the first 20 that were refused and counts the others; the places are bounded', () => {
  const odd = Array.from({ length: 30 }, () => ({ labels: { ['n'.repeat(100_000)]: 7 } }));
  const { refused, alerts } = parseDelivery({ alerts: [...odd, good] }, now);
  expect([alerts.length, refused.count, refused.problems.length]).toEqual([1, 30, 20]);
  expect(JSON.stringify(refused.problems).length).toBeLessThan(5_000);
});

it.each([
  [null, ': must be an object'],
  [[], ': must be an object'],
  ['{}', ': must be an object'],
  [{}, 'alerts: must be a list'],
  [{ alerts: {} }, 'alerts: must be a list'],
  [{ state: 'alerting', title: 'x' }, 'alerts: must be a list'],
  [{ alerts: [null] }, 'alerts[0]: must be an object'],
  [
    { alerts: [{ labels: { a: 1 } }, { labels: { b: 1 } }] },
    'alerts[0].labels.a: must be a text; alerts[1].labels.b: must be a text',
  ],
])('%j, of which nothing can be taken, is refused', (body, message) => {
  expect(problemsOf(body)).toBe(message);
});

it.each([
  [{ receiver: null }, {}],
  [{ receiver: 7 }, {}],
  [{ receiver: 'r'.repeat(10_000) }, { receiver: 'r'.repeat(248) + cutMark }],
  [{ truncatedAlerts: null }, { truncatedAlerts: 0 }],
  [{ truncatedAlerts: -1 }, { truncatedAlerts: 0 }],
  [{ truncatedAlerts: '3' }, { truncatedAlerts: 0 }],
  [{ truncatedAlerts: 1.5 }, { truncatedAlerts: 1 }],
  [{ truncatedAlerts: 1e300 }, { truncatedAlerts: Number.MAX_SAFE_INTEGER }],
  [{ version: 4, groupKey: null, groupLabels: [], commonLabels: 'x', externalURL: {} }, {}],
  [{ status: 'alerting' }, {}],
  [{ status: null }, {}],
  [{ status: [] }, {}],
])('a delivery with %j is taken', (head, expected) => {
  const { alerts, ...rest } = parseDelivery({ ...head, alerts: [{ ...good, status: 'firing' }] }, now);
  expect(alerts).toHaveLength(1);
  expect(rest).toMatchObject(expected);
});

describe('whether an alert fires', () => {
  const ends = {
    past: '2026-11-22T17:59:58Z',
    future: '2026-11-22T18:05:00Z',
    zero: '0001-01-01T00:00:00Z',
    absent: undefined,
  };
  // alert's status, delivery's status, what it is with an end in the past, in the future, zero, absent
  it.each([
    ['firing', 'firing', ['firing', 'firing', 'firing', 'firing']],
    ['firing', 'resolved', ['firing', 'firing', 'firing', 'firing']],
    ['firing', undefined, ['firing', 'firing', 'firing', 'firing']],
    ['resolved', 'firing', ['resolved', 'resolved', 'resolved', 'resolved']],
    ['resolved', 'resolved', ['resolved', 'resolved', 'resolved', 'resolved']],
    ['resolved', undefined, ['resolved', 'resolved', 'resolved', 'resolved']],
    [undefined, 'firing', ['resolved', 'firing', 'firing', 'firing']],
    [undefined, 'Firing', ['resolved', 'firing', 'firing', 'firing']],
    [undefined, 'resolved', ['resolved', 'resolved', 'resolved', 'resolved']],
    [undefined, 'RESOLVED', ['resolved', 'resolved', 'resolved', 'resolved']],
    [undefined, undefined, ['resolved', 'firing', 'firing', 'firing']],
    [null, '', ['resolved', 'firing', 'firing', 'firing']],
    ['', null, ['resolved', 'firing', 'firing', 'firing']],
    [undefined, 'suppressed', ['resolved', 'refused', 'refused', 'refused']],
    [undefined, 7, ['resolved', 'refused', 'refused', 'refused']],
    ['suppressed', 'resolved', ['refused', 'refused', 'refused', 'refused']],
  ])('of status %j in a delivery of status %j', (own, root, expected) => {
    const seen = Object.values(ends).map((endsAt) => {
      const body = {
        status: root,
        alerts: [
          { ...good, status: 'firing' },
          { labels, status: own, endsAt },
        ],
      };
      return parseDelivery(body, now).alerts[1]?.status ?? 'refused';
    });
    expect(seen).toEqual(expected);
  });

  it.each([
    ['2026-11-22T17:59:58.5Z', Date.parse('2026-11-22T17:59:58.500Z')],
    ['2026-11-22T18:00:05Z', Date.parse('2026-11-22T18:00:05Z')],
    ['0001-01-01T00:00:00Z', now],
  ])('a resolved alert that ends at %s keeps its end', (endsAt, expected) => {
    expect(taken({ labels, status: 'resolved', endsAt }).endsAt).toBe(expected);
  });
});

describe('what is too long', () => {
  const long = (text: string) => `${text}${'x'.repeat(5_000)}`;

  it('is cut with a mark, and the fingerprint is that of the whole label set', () => {
    const whole = { alertname: 'SlowQuery', query: long('q') };
    const alert = taken({ labels: whole, annotations: { summary: long('s') }, generatorURL: long('http://p/') });
    expect(alert.labels['query']).toHaveLength(alertLimits.labelLength);
    expect(alert.labels['query']).toMatch(/^qx+\.\.\.\[cut\]$/);
    expect(alert.annotations['summary']).toHaveLength(alertLimits.annotationLength);
    expect(alert.generatorURL?.startsWith('http://p/xx')).toBe(true);
    expect(alert.fingerprint).toBe(fingerprintOf(whole));
  });

  it('never makes two alerts one', () => {
    const pair = ['a', 'b'].map((end) => taken({ labels: { alertname: 'A', query: long('') + end } }).fingerprint);
    expect(pair[0]).not.toBe(pair[1]);
  });

  it('is never taken for what a runbook means: a matcher is not asked about a part', () => {
    const { labels: cut } = taken({ labels: { alertname: long('APIDown') } });
    expect(wholeLabelOf(cut, 'alertname')).toBeUndefined();
    expect(labelOf(cut, 'alertname')).toContain('APIDown');
    expect(wholeLabelOf(cut, 'team')).toBe('');
  });

  it('is left out behind the first hundred labels, those that name the target first, and no matcher takes them for absent', () => {
    const { labels: kept } = taken({ labels: { ...many(200), alertname: 'A', service: 'api', instance: 'i' } });
    expect(Object.keys(kept).length).toBeLessThanOrEqual(101);
    expect(kept).toMatchObject({ alertname: 'A', service: 'api', instance: 'i', [leftOutName]: '103 labels' });
    expect([wholeLabelOf(kept, 'l0'), wholeLabelOf(kept, 'l199')]).toEqual(['x', undefined]);
    expect(labelOf(kept, 'l199')).toBe('');
  });

  it.each([
    ['an empty name', { '': 'x' }],
    ['a name of 300 characters', { ['n'.repeat(300)]: 'x' }],
  ])('a label with %s is left out', (_name, odd) => {
    expect(taken({ labels: { alertname: 'A', ...odd } }).labels).toEqual({ alertname: 'A', [leftOutName]: '1 labels' });
  });

  it.each([
    ['labels', { labels: { alertname: 'A', ...Object.fromEntries(Object.keys(many(90)).map((n) => [n, long('')])) } }],
    ['control characters', { labels: { alertname: 'A', a: '\u0001'.repeat(4_000), b: '\u0002'.repeat(4_000) } }],
    ['emoji', { labels: { alertname: 'A', a: '😀'.repeat(3_000), b: '😀'.repeat(3_000), c: '\ud800'.repeat(9_000) } }],
    ['annotations', { labels, annotations: Object.fromEntries(Object.keys(many(90)).map((n) => [n, long('')])) }],
    ['empty annotations', { labels, annotations: many(100_000, 'a name of some length ') }],
    ['an address', { labels, annotations: { summary: long('') }, generatorURL: long('\u0000') }],
    ['everything', { labels: { ...many(500), a: long('ü') }, annotations: many(500), generatorURL: long('ü') }],
    ['just under the limits', { labels: { ...many(99), a: 'ü'.repeat(2_000) }, annotations: { a: 'x'.repeat(2_048) } }],
  ])('together, as %s, takes 16 kB', (_what, alert) => {
    const { labels: keptLabels, annotations, generatorURL } = taken(alert);
    const bytes = Buffer.byteLength(JSON.stringify({ labels: keptLabels, annotations, generatorURL }));
    expect(bytes).toBeLessThanOrEqual(alertLimits.bytes + 100);
  });

  it('is cut between characters', () => {
    const { labels: kept } = taken({ labels: { alertname: 'A', x: `x${'😀'.repeat(4_000)}` } });
    expect(kept['x']).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
  });
});

it('reads ten thousand alerts of one body', () => {
  const alerts = Array.from({ length: 10_000 }, (_, i) => ({
    labels: { alertname: 'Storm', instance: `10.0.0.${i}` },
  }));
  const delivery = parseDelivery({ alerts }, now);
  expect(new Set(delivery.alerts.map(({ fingerprint }) => fingerprint)).size).toBe(10_000);
});

it('takes the first 100,000 alerts and says how many came after them', () => {
  const { alerts, leftOut } = parseDelivery({ alerts: Array(100_007).fill(good) }, now);
  expect([alerts.length, leftOut]).toEqual([100_000, 7]);
});

it.each([
  [{}, 'cbf29ce484222325'],
  [{ alertname: 'A' }, 'd2c6efc389df0927'],
  [{ x: 'ü€😀', service: 'api', alertname: 'APIHighLatency' }, '29f8768e0bed729f'],
  [{ x: 'ü€😀', service: 'api', alertname: 'APIHighLatency', pod: '' }, '29f8768e0bed729f'],
])('the fingerprint of %j is %s', (labels, expected) => {
  expect(fingerprintOf(labels as Record<string, string>)).toBe(expected);
});

describe('names that every object has', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
  it.each(names)('a label called %s is a label, and an absent one is empty', (name) => {
    const alert = taken(json(`{"labels":{"alertname":"A","${name}":"x"}}`));
    expect([labelOf(alert.labels, name), labelOf({ alertname: 'A' }, name)]).toEqual(['x', '']);
    expect(wholeLabelOf({ alertname: 'A' }, name)).toBe('');
    expect(JSON.parse(JSON.stringify(alert.labels))).toEqual(alert.labels);
    expect(Object.getPrototypeOf(alert.labels)).toBe(Object.prototype);
  });

  it.each(names)('also when the alert is cut, and as an annotation', (name) => {
    const long = 'x'.repeat(5_000);
    const alert = taken(json(`{"labels":{"alertname":"A","${name}":"x","q":"${long}"},"annotations":{"${name}":7}}`));
    expect([labelOf(alert.labels, name), labelOf(alert.annotations, name)]).toEqual(['x', '7']);
    expect(alert.fingerprint).not.toBe(fingerprintOf({ alertname: 'A', q: long }));
  });
});
