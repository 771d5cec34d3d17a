import { describe, expect, it } from 'vitest';
import { eventually } from '../src/eventually.ts';

describe('eventually', () => {
  it('resolves to the first result that is not false', async () => {
    let calls = 0;
    expect(await eventually(() => ++calls === 3 && calls, { intervalMs: 1 })).toBe(3);
  });

  it('takes an error for "not yet"', async () => {
    let calls = 0;
    const attempt = () => {
      calls += 1;
      if (calls < 3) throw new Error('not yet');
      return 'done';
    };
    expect(await eventually(attempt, { intervalMs: 1 })).toBe('done');
  });

  it('says what it saw last when the time is up', async () => {
    const attempt = () => Promise.reject(new Error('expected 3, got 2'));
    await expect(eventually(attempt, { timeoutMs: 20, intervalMs: 5 })).rejects.toThrow(
      'not within 20 ms; last seen: expected 3, got 2',
    );
  });
});
