/**
 * Whether `time` is less than `periodMs` from `now`, on either side. The wall clock may be set back: a time in the near
 * future is then as good as one in the near past, and one in the far future is no reason to wait for it.
 */
export const within = (time: number | undefined, periodMs: number, now: number): boolean =>
  time !== undefined && Math.abs(now - time) < periodMs;
