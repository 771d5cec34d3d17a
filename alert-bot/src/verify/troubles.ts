import type { Query } from './neighbour.ts';

/** One kind of question that does not work: what was asked, why it failed, how often in a row, and when it may be asked again. */
interface Trouble {
  query: Query;
  error: string;
  count: number;
  until: number;
}

export interface Failure {
  query: Query;
  error: string;
  /** No answer at all, which costs every asker the whole timeout. */
  silent: boolean;
  /** When it was asked, of `performance.now()`. */
  askedAt: number;
}

/** Silence is remembered for longer than a refusal. */
const restsAfterSilenceMs = [10_000, 20_000, 30_000];
const restsAfterFailureMs = [2_000, 5_000, 10_000];

/** Remembers which questions a neighbour does not answer, so that they rest for longer than their timeout. */
export function createTroubles() {
  const troubles = new Map<string, Trouble>();
  return {
    /** Why the question rests now. */
    resting: (key: string): string | undefined => {
      const trouble = troubles.get(key);
      return trouble && performance.now() < trouble.until ? trouble.error : undefined;
    },
    failed: (key: string, { query, error, silent, askedAt }: Failure): void => {
      const known = troubles.get(key);
      // Those that were under way together are one failure.
      const count = known ? known.count + Number(askedAt >= known.until) : 0;
      const rests = silent ? restsAfterSilenceMs : restsAfterFailureMs;
      const until = performance.now() + (rests[Math.min(count, rests.length - 1)] as number);
      troubles.set(key, { query, error, count, until: Math.max(until, known?.until ?? 0) });
    },
    /** Whether it had failed before. */
    worked: (key: string): boolean => troubles.delete(key),
    any: (): string | undefined => troubles.values().next().value?.error,
    all: (): [key: string, query: Query][] => [...troubles].map(([key, { query }]) => [key, query]),
  };
}
