import type { WatchItem } from './watch.ts';

/** Items for one reader. */
export interface WatchQueue {
  push(item: WatchItem): void;
  /** Ends when the signal aborts. */
  items(signal: AbortSignal): AsyncGenerator<WatchItem, void, void>;
}

/** About 10 MB. */
const maxWaiting = 10_000;

/**
 * A reader who falls behind gets the list instead of the events: what happened meanwhile it can see from the numbers of restarts.
 * @param list everything as it is now
 */
export function createWatchQueue(list: () => WatchItem): WatchQueue {
  let waiting: WatchItem[] = [];
  let wake: () => void = () => undefined;
  return {
    push: (item) => {
      if (waiting.length >= maxWaiting) waiting = [list()];
      else waiting.push(item);
      wake();
    },
    async *items(signal) {
      const onAbort = () => wake();
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        while (!signal.aborted) {
          const batch = waiting;
          waiting = [];
          for (const item of batch) {
            if (signal.aborted) return;
            yield item;
          }
          if (waiting.length > 0 || signal.aborted) continue;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}
