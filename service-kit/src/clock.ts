/** Time as an argument, so that tests move it by hand. */
export interface Clock {
  /** Milliseconds since the Unix epoch. May go backwards: it is the wall clock. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects: the caller looks at the signal. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const finish = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, ms);
      signal?.addEventListener('abort', finish, { once: true });
    }),
};
