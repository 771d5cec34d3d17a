export interface EventuallyOptions {
  timeoutMs?: number;
  intervalMs?: number;
}

/**
 * Tries `attempt` until it neither throws nor resolves to `false`, and resolves to what it gave.
 * @throws Error with the last thing seen, when the time is up
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  { timeoutMs = 10_000, intervalMs = 25 }: EventuallyOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let seen: unknown;
    try {
      const result = await attempt();
      if (result !== false) return result;
      seen = 'false';
    } catch (error) {
      seen = error;
    }
    if (performance.now() >= deadline) {
      const last = seen instanceof Error ? seen.message : String(seen);
      throw new Error(`not within ${timeoutMs} ms; last seen: ${last}`, { cause: seen });
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
