import type { Clock } from '@stack/service-kit/clock';

export interface FakeClock extends Clock {
  /** Moves time on and wakes who is due, in the order of their times; lets what they start run before the next one. */
  advance(ms: number): Promise<void>;
  /** The wall clock may jump, also backwards; sleepers do not notice. */
  jump(ms: number): void;
  /** How many sleep. */
  sleepers(): number;
}

interface Sleeper {
  dueAt: number;
  wake: () => void;
}

/** Lets pending promises and immediate callbacks run. */
const settle = async () => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** A clock that stands still until a test moves it. `start` is in milliseconds since the epoch. */
export function createFakeClock(start = Date.parse('2026-01-01T00:00:00Z')): FakeClock {
  let elapsed = 0;
  let offset = start;
  const sleepers = new Set<Sleeper>();

  const sleep: Clock['sleep'] = (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = { dueAt: elapsed + Math.max(0, ms), wake };
      sleepers.add(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });

  const nextDue = (until: number) =>
    [...sleepers].filter(({ dueAt }) => dueAt <= until).sort((a, b) => a.dueAt - b.dueAt)[0];

  async function advance(ms: number): Promise<void> {
    const until = elapsed + ms;
    await settle();
    for (let due = nextDue(until); due; due = nextDue(until)) {
      elapsed = Math.max(elapsed, due.dueAt);
      due.wake();
      await settle();
    }
    elapsed = until;
    await settle();
  }

  return {
    now: () => offset + elapsed,
    sleep,
    advance,
    jump: (ms) => {
      offset += ms;
    },
    sleepers: () => sleepers.size,
  };
}
