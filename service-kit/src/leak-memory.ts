import type { Clock } from './clock.ts';
import { type OwnMemory, readOwnMemory } from './own-memory.ts';

export interface MemoryLeak {
  mbPerSecond: number;
  /** Share of the memory limit at which it stops; 1: it goes on until the kernel kills the process. */
  upTo?: number | undefined;
}

export interface LeakDeps {
  clock: Clock;
  /** Aborts when the fault ends: then all can be freed. */
  signal: AbortSignal;
  /** Told of every megabyte. */
  onLeak: () => void;
  readMemory?: () => OwnMemory;
}

const megabyte = 1024 * 1024;
/** Where there is no limit: enough to show on a graph, never enough to take the machine. */
export const maxLeakMb = 256;
/** Whatever the limit. */
const mostLeakMb = 2_048;
/** Past the line where ContainerMemoryNearLimit begins, short of the kernel's. */
const defaultUpTo = 0.95;

/** Keeps one megabyte more, really written to, `mbPerSecond` times a second, until its bound. */
export async function leakMemory(
  { mbPerSecond, upTo = defaultUpTo }: MemoryLeak,
  { clock, signal, onLeak, readMemory = readOwnMemory }: LeakDeps,
): Promise<void> {
  const leaked: Buffer[] = [];
  while (!signal.aborted) {
    if (hasRoom(leaked.length, upTo, readMemory())) {
      leaked.push(Buffer.alloc(megabyte, 1));
      onLeak();
    }
    await clock.sleep(1_000 / mbPerSecond, signal);
  }
}

function hasRoom(leakedMb: number, upTo: number, { usedBytes, limitBytes }: OwnMemory): boolean {
  if (limitBytes === undefined) return leakedMb < maxLeakMb;
  return leakedMb < mostLeakMb && (upTo >= 1 || usedBytes + megabyte <= upTo * limitBytes);
}
