/**
 * Runs at most `size` pieces of work at a time, the others in their order. Undefined for work that was refused because
 * `maxWaiting` wait already.
 */
export function createSlots(size: number, maxWaiting: number) {
  const waiting: (() => void)[] = [];
  let free = size;
  return async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    if (free > 0) free -= 1;
    else if (waiting.length >= maxWaiting) return undefined;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
