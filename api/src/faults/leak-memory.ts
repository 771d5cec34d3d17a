import type { Clock } from '@stack/service-kit/clock';

const megabyte = 1024 * 1024;
/** Enough to show on a graph and to trip a container's limit, never enough to take the machine. */
export const maxLeakMb = 256;

/** Keeps one megabyte more, really written to, `mbPerSecond` times a second until `signal` aborts; then all can be freed. */
export async function leakMemory(
  mbPerSecond: number,
  { clock, signal, onLeak }: { clock: Clock; signal: AbortSignal; onLeak: () => void },
): Promise<void> {
  const leaked: Buffer[] = [];
  while (!signal.aborted) {
    if (leaked.length < maxLeakMb) {
      leaked.push(Buffer.alloc(megabyte, 1));
      onLeak();
    }
    await clock.sleep(1_000 / mbPerSecond, signal);
  }
}
