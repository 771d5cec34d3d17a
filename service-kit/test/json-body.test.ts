import type { IncomingHttpHeaders } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBodyBudget } from '../src/body-budget.ts';
import { measureJson } from '../src/json-bounds.ts';
import { requireJson } from '../src/json-media-type.ts';

const bytesOf = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const wide = { maxParts: 1_000, maxDepth: 10 };

describe('the measure of a JSON text', () => {
  it.each([
    ['{}', 2],
    ['[]', 2],
    ['[1,2,3]', 4],
    ['{"a":1,"b":[2,3]}', 7],
    ['{"a":"[,,,,{:\\"[[[["}', 3],
    ['"\\\\"', 1],
    ['["\\\\","x"]', 3],
  ])('%s has %i parts at most', (text, parts) => {
    expect(measureJson(bytesOf(text), wide)).toEqual({ parts });
  });

  it('what is nested too deep is told from what is not, whatever texts say', () => {
    expect(measureJson(bytesOf('['.repeat(10)), wide)).toEqual({ parts: 11 });
    expect(measureJson(bytesOf('['.repeat(11)), wide)).toBe('too_deep');
    expect(measureJson(bytesOf({ a: '['.repeat(500) }), wide)).toEqual({ parts: 3 });
    expect(measureJson(bytesOf('[[],'.repeat(5)), wide)).toEqual({ parts: 16 });
  });

  it('it stops as soon as there are too many', () => {
    expect(measureJson(bytesOf(`[${'[],'.repeat(499)}[]]`), wide)).toBe('too_many');
    expect(measureJson(bytesOf(Array.from({ length: 998 }, () => 0)), wide)).toEqual({ parts: 999 });
  });

  it('no valid JSON has more names and values, or more levels, than the measure says', () => {
    const count = (value: unknown): number =>
      typeof value !== 'object' || value === null
        ? 1
        : 1 +
          Object.values(value).reduce(
            (sum: number, each) => sum + count(each),
            Array.isArray(value) ? 0 : Object.keys(value).length,
          );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const measured = measureJson(bytesOf(JSON.stringify(value)), { maxParts: 1e6, maxDepth: 1e6 });
        expect((measured as { parts: number }).parts).toBeGreaterThanOrEqual(count(value));
      }),
    );
  });
});

describe('a content type', () => {
  const problemOf = (headers: IncomingHttpHeaders) => {
    try {
      requireJson(headers);
      return undefined;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  it.each([
    'application/json',
    'Application/JSON',
    ' application/json ',
    'application/json;',
    'application/json; charset=utf-8',
    'application/json; charset=UTF-8',
    'application/json; charset=utf8',
    'application/json ;\tCHARSET="UTF-8" ; ',
    'application/json; charset="utf\\-8"',
    'application/json; version=1; charset=utf-8; q="a;\\"b"',
  ])('%s is JSON in UTF-8', (type) => {
    expect(problemOf({ 'content-type': type })).toBeUndefined();
  });

  it('any other text is refused, whatever it is', () => {
    const type = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }).map((charset) => `application/json; charset=${charset}`),
      fc.string({ unit: 'grapheme-ascii' }).map((charset) => `application/json; charset="${charset}`),
    );
    fc.assert(
      fc.property(type, (text) => {
        fc.pre(!/utf-?8/i.test(text) && text.trim().toLowerCase() !== 'application/json');
        const refused = problemOf({ 'content-type': text });
        const isOtherParameter = /^application\/json\s*(;|$)/i.test(text.trim()) && !/charset/i.test(text);
        if (!isOtherParameter) expect(refused).toBe('unsupported_media_type');
      }),
      { numRuns: 2_000 },
    );
  });

  it('a content encoding is refused, identity is none', () => {
    for (const encoding of ['', 'identity', ' Identity '])
      expect(problemOf({ 'content-type': 'application/json', 'content-encoding': encoding })).toBeUndefined();
    for (const encoding of ['gzip', 'identity, gzip', 'x'])
      expect(problemOf({ 'content-type': 'application/json', 'content-encoding': encoding })).toBe(
        'unsupported_media_type',
      );
  });
});

describe('the bodies under way', () => {
  function createTestBudget() {
    const clock = { now: 0 };
    return { clock, ...createBodyBudget({ maxBytes: 100, patienceMs: 1_000, now: () => clock.now }) };
  }

  it('never hold more bytes than allowed, and give them back once', () => {
    const { open, held } = createTestBudget();
    const first = open(() => undefined);
    expect([first.add(60), first.add(40), first.add(1)]).toEqual([true, true, false]);
    first.release();
    first.release();
    expect(held()).toBe(0);
    expect(open(() => undefined).add(100)).toBe(true);
  });

  it('the oldest gives way when it had its time, a young one does not', () => {
    const { clock, open, held } = createTestBudget();
    const gone: string[] = [];
    const oldest = open(() => gone.push('oldest'));
    const older = open(() => gone.push('older'));
    oldest.add(50);
    older.add(50);
    clock.now = 999;
    expect(open(() => undefined).add(10)).toBe(false);
    clock.now = 1_001;
    const young = open(() => gone.push('young'));
    expect([young.add(10), gone, held()]).toEqual([true, ['oldest'], 60]);
    expect(oldest.add(1)).toBe(false);
  });
});
