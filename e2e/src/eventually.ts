import { eventually as poll } from '@stack/test-kit/eventually';

/** test-kit's `eventually`, at a pace that leaves the engine time for its work. `timeoutMs` is never a wait, only a bound. */
export function eventually<T>(
  attempt: () => T | Promise<T>,
  { timeoutMs, intervalMs = 500 }: { timeoutMs: number; intervalMs?: number },
): Promise<T> {
  return poll(attempt, { timeoutMs, intervalMs });
}
