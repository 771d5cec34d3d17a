import { describe, expect, it } from 'vitest';
import { alone, difference, ratio } from '../src/figures.ts';
import { formatNumber, formatReach, formatValue } from '../src/format-figure.ts';
import { interleave, valuesOf } from '../src/interleave.ts';
import { quantileOf, spreadOf } from '../src/statistics.ts';

const sides = { what: 'list', unit: '/s', reference: 'bare' };

describe('a figure', () => {
  it('relates the two sides round by round: noise that meets both of a round cancels out', () => {
    const figure = ratio({ ...sides, ours: [200, 20, 400], theirs: [100, 10, 100], reach: { atLeast: 2 } });
    expect(figure.value).toEqual({ median: 2, min: 2, max: 4, rounds: 3 });
    expect(figure.met).toBe(true);
  });

  it('misses its reach by its median, not by its best round', () => {
    const figure = ratio({ ...sides, ours: [90, 90, 300], theirs: [100, 100, 100], reach: { atLeast: 1 } });
    expect([figure.met, formatReach(figure)]).toEqual([false, '≥ 1× ✗ not met']);
  });

  it('may be a difference, or stand alone', () => {
    const more = difference({ ...sides, unit: 'ms', ours: [110, 120], theirs: [100, 100], reach: { atMost: 250 } });
    expect([formatValue(more), more.met]).toEqual(['+15.0 (10.0–20.0) ms', true]);
    expect(alone({ what: 'p99', unit: 'ms', ours: [12], reach: { atMost: 10 } }).met).toBe(false);
  });

  it('cannot be made from sides of different lengths, or of nothing', () => {
    expect(() => ratio({ ...sides, ours: [1, 2], theirs: [1] })).toThrow('list: 2 rounds against 1');
    expect(() => ratio({ ...sides, ours: [], theirs: [] })).toThrow(RangeError);
  });
});

it.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[7], 7],
  [[3.69531], 3.695],
])('the median of %j is %d', (values, median) => {
  expect(spreadOf(values).median).toBe(median);
});

it('the 99th percentile of 1 to 1,000 is 990, and of one value that value', () => {
  expect(
    quantileOf(
      Array.from({ length: 1_000 }, (_, i) => 1_000 - i),
      0.99,
    ),
  ).toBe(990);
  expect(quantileOf([5], 0.99)).toBe(5);
});

it.each([
  [12_345.6, '12,346'],
  [12.345, '12.3'],
  [1.234, '1.23'],
  [0.01234, '0.012'],
  [-250.4, '-250'],
])('%d is shown as %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

describe('rounds', () => {
  const bench = (signal = new AbortController().signal) => ({ rounds: 3, signal, progress: () => undefined });

  it('take turns, and every second one goes backwards', async () => {
    const order: string[] = [];
    const run = (name: string) => async (round: number) => {
      order.push(name + round);
      return { value: round };
    };
    const samples = await interleave(bench(), { a: run('a'), b: run('b') });
    expect(order).toEqual(['a0', 'b0', 'b1', 'a1', 'a2', 'b2']);
    expect(valuesOf(samples.a, 'value')).toEqual([0, 1, 2]);
  });

  it('end when the run is stopped', async () => {
    const stop = new AbortController();
    const run = async () => {
      stop.abort(new Error('stopped'));
      return { value: 1 };
    };
    await expect(interleave(bench(stop.signal), { a: run, b: run })).rejects.toThrow('stopped');
  });

  it('that measured nothing are no figure', () => {
    expect(() => valuesOf([{ value: Number.NaN }], 'value')).toThrow('a round measured no value');
  });
});
