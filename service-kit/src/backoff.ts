export interface BackoffOptions {
  baseMs: number;
  maxMs: number;
  /** 0 ≤ x < 1; injected by tests. */
  random?: () => number;
}

/**
 * Delay before attempt `attempt` (1 is the first retry), in milliseconds: exponential with "equal jitter", so that
 * replicas that lost the same database do not come back in step, and none retries at once.
 * Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
 */
export function backoffDelayMs(attempt: number, { baseMs, maxMs, random = Math.random }: BackoffOptions): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return ceiling / 2 + (ceiling / 2) * random();
}
