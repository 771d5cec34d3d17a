import type { Clock } from '@stack/service-kit/clock';

export interface InstantClock extends Clock {
  /** Every sleep asked for, in milliseconds. */
  readonly slept: number[];
}

/** A clock on which a sleep takes no time but moves the clock: simulated time is the sum of what was slept. */
export function createInstantClock(startMs = 1_700_000_000_000): InstantClock {
  let now = startMs;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: async (ms, signal) => {
      if (!signal?.aborted) {
        slept.push(ms);
        now += ms;
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
