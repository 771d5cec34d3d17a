import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the kernel counts against the limit of our container. */
export interface OwnMemory {
  usedBytes: number;
  /** Absent when there is none: then nothing but the machine is the limit. */
  limitBytes?: number;
}

const gibibyte = 1024 ** 3;
/** A limit above this is the machine's, or one that nobody should fill for a demonstration. */
const largestLimitBytes = 2 * gibibyte;

/** The files of cgroup v2 and v1; the last word is the line of `memory.stat` with the page cache that can be taken back. */
const layouts = [
  ['.', 'memory.current', 'memory.max', 'inactive_file'],
  ['memory', 'memory.usage_in_bytes', 'memory.limit_in_bytes', 'total_inactive_file'],
] as const;

/**
 * Our own memory as the container's statistics show it: without page cache. Outside of a container with a limit it is what the
 * process has in memory of its own.
 * @param fallbackLimitBytes what counts as the limit where no container sets one
 */
export function readOwnMemory(fallbackLimitBytes?: number, root = '/sys/fs/cgroup'): OwnMemory {
  for (const [folder, usage, limit, inactive] of layouts) {
    const read = (name: string) => readText(join(root, folder, name));
    const limitBytes = Number(read(limit)); // `max` is none
    if (!(limitBytes > 0 && limitBytes <= largestLimitBytes)) continue;
    const cache = new RegExp(`^${inactive} (\\d+)$`, 'm').exec(read('memory.stat') ?? '')?.[1];
    return { usedBytes: Number(read(usage)) - Number(cache ?? 0), limitBytes };
  }
  return {
    usedBytes: anonymousBytes() ?? process.memoryUsage.rss(),
    ...(fallbackLimitBytes !== undefined && { limitBytes: fallbackLimitBytes }),
  };
}

/** Without mapped files, such as the program itself. Linux only. */
function anonymousBytes(): number | undefined {
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(readText('/proc/self/status') ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
