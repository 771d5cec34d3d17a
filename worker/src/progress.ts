import type { Clock } from '@stack/service-kit/clock';

export const loopNames = ['generate', 'settle', 'prune'] as const;
export type LoopName = (typeof loopNames)[number];

/**
 * `made`: a batch is finished, there was nothing to do, or the loop waits for its turn.
 * `blocked`: the loop tried and the database failed it. It lives, but it got nothing done.
 */
export type Sign = 'made' | 'blocked';

export interface Progress {
  mark(loop: LoopName, sign: Sign): void;
  /** @throws Error when no loop has given a sign of life for `stallAfterMs` */
  assertNotStalled(): void;
}

export interface ProgressOptions {
  clock: Clock;
  stallAfterMs: number;
  /** Called at once with the start time, then at each `made`; seconds since the Unix epoch. */
  onMade(loop: LoopName, atSeconds: number): void;
}

/** Remembers when each loop last lived. */
export function createProgress({ clock, stallAfterMs, onMade }: ProgressOptions): Progress {
  let lastSignAt = clock.now();
  for (const loop of loopNames) onMade(loop, lastSignAt / 1_000);
  return {
    mark: (loop, sign) => {
      lastSignAt = clock.now();
      if (sign === 'made') onMade(loop, lastSignAt / 1_000);
    },
    assertNotStalled: () => {
      const silentMs = clock.now() - lastSignAt;
      if (silentMs > stallAfterMs) throw new Error(`no loop has made progress for ${Math.round(silentMs / 1_000)} s`);
    },
  };
}
