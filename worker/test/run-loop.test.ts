import { describe, expect, it } from 'vitest';
import type { StepResult } from '../src/run-loop.ts';
import { createInstantClock } from './support/instant-clock.ts';
import { createLoopHarness } from './support/loop-harness.ts';

/** On simulated time, without a database. */
function createHarness(options: { stallAfterMs?: number } = {}) {
  const clock = createInstantClock();
  return { clock, ...createLoopHarness({ clock, ...options }) };
}

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Simulated time runs as fast as the loops turn: look at each turn. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/** Runs a step `times` times, then stops the loop. */
function repeat(times: number, stop: () => void, step: (n: number) => StepResult | Promise<StepResult>) {
  let n = 0;
  return async () => {
    n += 1;
    if (n >= times) stop();
    return step(n);
  };
}

describe('a loop', () => {
  it('goes on after whatever its step throws, and counts it', async () => {
    const { run, stop, sampleOf } = createHarness();
    const errors: unknown[] = [refused, new TypeError('a bug'), 'not even an error'];
    await run(
      repeat(5, stop, (n) => {
        const error = errors[n - 1];
        if (error) throw error;
        return { rows: 3, waitMs: 0 };
      }),
    );
    expect(await sampleOf('worker_batches_total', { loop: 'settle', result: 'error' })).toBe(3);
    expect(await sampleOf('worker_batches_total', { loop: 'settle', result: 'ok' })).toBe(2);
    expect(await sampleOf('worker_database_errors_total', { kind: 'unavailable' })).toBe(1);
    expect(await sampleOf('worker_database_errors_total', { kind: 'other' })).toBe(2);
  });

  it('tries again within 5 s however long the outage, and never at once', async () => {
    const { run, stop, clock } = createHarness();
    const triedAt: number[] = [];
    await run(
      repeat(200, stop, () => {
        triedAt.push(clock.now());
        throw refused;
      }),
    );
    const gaps = triedAt.slice(1).map((at, i) => at - (triedAt[i] as number));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(250);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(5_000);
    expect(new Set(gaps).size).toBeGreaterThan(150); // jitter
  });

  it('logs an outage of a thousand tries in ten lines, and its end in one', async () => {
    const { run, stop, lines } = createHarness();
    await run(
      repeat(1_001, stop, (n) => {
        if (n <= 1_000) throw refused;
        return { rows: 0, waitMs: 0 };
      }),
    );
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(10);
    expect(lines.at(-1)).toMatchObject({ level: 'info', msg: 'the loop works again', loop: 'settle', failures: 1_000 });
    expect(lines).toHaveLength(11);
  });

  it('that was stopped in mid-batch ends without counting an error', async () => {
    const { run, stop, lines, sampleOf } = createHarness();
    await run(async () => {
      stop();
      throw new Error('given back');
    });
    expect(lines).toEqual([]);
    expect(await sampleOf('worker_batches_total', { loop: 'settle', result: 'error' })).toBe(0);
  });

  it('that finds nothing to do counts no batch', async () => {
    const { run, stop, sampleOf } = createHarness();
    await run(repeat(4, stop, () => ({ rows: 0, waitMs: 10 })));
    expect(await sampleOf('worker_batches_total', { loop: 'settle', result: 'ok' })).toBe(0);
  });
});

describe('progress', () => {
  it('is made each second by a loop that waits an hour for its turn', async () => {
    const { run, stop, clock, progress, sampleOf } = createHarness({ stallAfterMs: 2_000 });
    const startedAt = clock.now();
    const watched = run(
      repeat(2, stop, () => ({ rows: 1, waitMs: 3_600_000 })),
      'prune',
    );
    while (clock.now() < startedAt + 3_600_000) {
      progress.assertNotStalled();
      expect(
        clock.now() / 1_000 - Number(await sampleOf('worker_last_progress_timestamp_seconds', { loop: 'prune' })),
      ).toBeLessThanOrEqual(1);
      await turn();
    }
    await watched;
  });

  it('is not made during an outage, but the loop is no stall either', async () => {
    const { run, stop, clock, progress, sampleOf } = createHarness({ stallAfterMs: 2_000 });
    const startedAt = clock.now();
    await run(
      repeat(100, stop, () => {
        progress.assertNotStalled();
        throw refused;
      }),
    );
    expect(clock.now() - startedAt).toBeGreaterThan(60_000);
    expect(await sampleOf('worker_last_progress_timestamp_seconds', { loop: 'settle' })).toBe(startedAt / 1_000);
  });
});

describe('the stall fault', () => {
  it.each([0, 3_600_000])('stops a loop that waits %i ms between batches, until the fault ends', async (waitMs) => {
    const { run, stop, clock, faults, progress, sampleOf } = createHarness({ stallAfterMs: 30_000 });
    let steps = 0;
    const running = run(async () => {
      steps += 1;
      await clock.sleep(1_000);
      return { rows: 1, waitMs };
    });
    await until(() => steps > 0);
    faults.state.replace({ stall: true }, 100);
    const stalledAt = clock.now();
    await until(() => clock.now() - stalledAt > 2_000); // the batch under way is finished
    const stepsWhenStalled = steps;
    await until(() => clock.now() - stalledAt > 40_000);
    expect(() => progress.assertNotStalled()).toThrow(/no loop has made progress for \d+ s/);
    expect(Object.entries(faults.active()).filter(([, value]) => value > 0)).toEqual([['stall', 1]]);
    expect(steps).toBe(stepsWhenStalled);

    await until(() => clock.now() - stalledAt > 110_000); // it ends by itself
    progress.assertNotStalled();
    expect(Number(await sampleOf('worker_last_progress_timestamp_seconds', { loop: 'settle' }))).toBeGreaterThan(
      stalledAt / 1_000 + 90,
    );
    stop();
    await running;
  });

  it('does not keep the worker from stopping', async () => {
    const { run, stop, faults } = createHarness();
    faults.state.replace({ stall: true });
    const running = run(async () => ({ rows: 1, waitMs: 10 }));
    stop();
    await running;
  });
});
