import { expect, it } from 'vitest';
import { backoffDelayMs } from '../src/backoff.ts';
import { systemClock } from '../src/clock.ts';
import { toIsoTimestamp } from '../src/postgres.ts';
import { classifyDatabaseError, retryDelayMs } from '../src/sqlstate.ts';
import { TimeoutError, withTimeout } from '../src/timeout.ts';

it('backoff doubles up to its ceiling, and half of it is jitter', () => {
  const least = [1, 2, 3, 10, 1e6].map((n) => backoffDelayMs(n, { baseMs: 100, maxMs: 1_000, random: () => 0 }));
  const most = [1, 2, 3, 10, 1e6].map((n) => backoffDelayMs(n, { baseMs: 100, maxMs: 1_000, random: () => 1 }));
  expect(least).toEqual([50, 100, 200, 500, 500]);
  expect(most).toEqual([100, 200, 400, 1_000, 1_000]);
});

it('an aborted sleep ends at once, before or during it', async () => {
  await systemClock.sleep(1e9, AbortSignal.abort());
  const controller = new AbortController();
  const sleeping = systemClock.sleep(1e9, controller.signal);
  controller.abort();
  await sleeping;
});

it('a timeout rejects by name, and leaves quick work alone', async () => {
  await expect(withTimeout(new Promise(() => undefined), 5, 'asking')).rejects.toThrow(
    new TimeoutError('asking took longer than 5 ms'),
  );
  await expect(withTimeout(Promise.resolve(1), 1_000, 'asking')).resolves.toBe(1);
});

it('timestamps become ISO 8601 without losing microseconds', () => {
  expect(toIsoTimestamp('2026-11-22 10:00:00.123456+00')).toBe('2026-11-22T10:00:00.123456Z');
  expect(toIsoTimestamp('2026-11-22 10:00:00+05:30')).toBe('2026-11-22 10:00:00+05:30');
});

const withCode = (code: string) => Object.assign(new Error('x'), { code });
it.each([
  [withCode('57P01'), 'unavailable'],
  [withCode('53300'), 'unavailable'],
  [withCode('42P01'), 'unavailable'],
  [withCode('ECONNREFUSED'), 'unavailable'],
  [new AggregateError([withCode('ECONNREFUSED')], ''), 'unavailable'],
  [new Error('Connection terminated unexpectedly'), 'unavailable'],
  [new Error('timeout exceeded when trying to connect'), 'timeout'],
  [new Error('Connection terminated due to connection timeout'), 'timeout'],
  [new Error('Query read timeout'), 'timeout'],
  [withCode('57014'), 'timeout'],
  [withCode('40P01'), 'retryable'],
  [withCode('40001'), 'retryable'],
  [withCode('23505'), 'other'],
  [new Error('anything'), 'other'],
  ['not an error', 'other'],
])('a database error is classified: %s is %s', (error, kind) => {
  expect(classifyDatabaseError(error)).toBe(kind);
});

it('every kind of trouble has a base delay', () => {
  expect(retryDelayMs(withCode('40001'))).toBe(20);
  expect(retryDelayMs(new Error('x'))).toBe(500);
});
