import { describe, expect, it } from 'vitest';
import { BatchGivenBack, createSimulatedProcessor } from '../src/processor.ts';
import { simulateTransactions } from '../src/simulate-transactions.ts';
import { createInstantClock } from './support/instant-clock.ts';

/** The same numbers again and again: 0, 0.01, …, 0.99. */
function evenNumbers(): () => number {
  let n = 0;
  return () => (n++ % 100) / 100;
}

describe('the simulated processor', () => {
  const signal = new AbortController().signal;
  const ids = Array.from({ length: 200 }, (_, n) => `id-${n}`);

  it('answers every id in order, after the latency of one batch, and fails its share', async () => {
    const clock = createInstantClock();
    const options = { clock, baseLatencyMs: 700, extraLatencyMs: () => 300, failureRate: 0.05, random: evenNumbers() };
    const processor = createSimulatedProcessor(options);
    const verdicts = await processor.process(ids, signal);
    expect(clock.slept).toEqual([1_000]);
    expect(processor.latencyMs()).toBe(1_000);
    expect(verdicts.map(({ id }) => id)).toEqual(ids);
    expect(verdicts.filter(({ outcome }) => outcome === 'failed')).toHaveLength(10);
  });

  it.each([
    [0, 'settled'],
    [1, 'failed'],
  ])('with a failure rate of %i every transaction is %s', async (failureRate, outcome) => {
    const options = { clock: createInstantClock(), baseLatencyMs: 1, extraLatencyMs: () => 0, failureRate };
    const verdicts = await createSimulatedProcessor({ ...options, random: evenNumbers() }).process(ids, signal);
    expect(new Set(verdicts.map((verdict) => verdict.outcome))).toEqual(new Set([outcome]));
  });

  it('gives no verdict once the worker stops', async () => {
    const options = { clock: createInstantClock(), baseLatencyMs: 1, extraLatencyMs: () => 0, failureRate: 0 };
    const processor = createSimulatedProcessor({ ...options, random: Math.random });
    await expect(processor.process(ids, AbortSignal.abort())).rejects.toThrow(BatchGivenBack);
  });
});

it('simulated transactions are what the API would accept', () => {
  const transactions = simulateTransactions(5_000, Math.random);
  for (const { accountId, amount, currency, description } of transactions) {
    expect(accountId).toMatch(/^acct-\d{4}$/);
    expect(amount).toMatch(/^\d{1,4}\.\d\d$/);
    expect(Number(amount)).toBeGreaterThan(0);
    expect(currency).toMatch(/^[A-Z]{3}$/);
    expect(description.length).toBeGreaterThan(0);
  }
});
