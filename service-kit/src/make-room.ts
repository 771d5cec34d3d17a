import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Of the container's memory; the rest is for what grows meanwhile. */
const usableShare = 0.9;

let collect: (() => void) | undefined;

/**
 * Collects garbage when what comes next, of so many bytes, may not fit into the container's memory beside it. V8 would let its
 * heap grow to the whole limit and count neither the program nor buffers, and the kernel ends what is over it. Without a limit
 * nothing happens.
 */
export function makeRoom(bytes: number, limit: number = process.constrainedMemory()): boolean {
  if (limit <= 0 || process.memoryUsage.rss() + bytes <= limit * usableShare) return false;
  collect ??= exposedCollector();
  collect();
  return true;
}

/** There is no other way to it in a process that was started without a flag. */
function exposedCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
