import { randomUUID } from 'node:crypto';
import type { Runtime } from '../runtime.ts';
import type { WatchedContainer, WatchItem } from '../watch.ts';

/** What is new since a place in the stream. */
export interface News {
  items: WatchItem[];
  /** The place after them. */
  next: string;
}

/** The stream of the containers' events, for callers that come and go. */
export interface WatchHub {
  /**
   * What came after `after`, at once when there is something, else after `waitMs` at the latest. A caller without a place, or
   * whose place is forgotten, gets everything as it is now.
   */
  follow(after: string | undefined, waitMs: number, signal?: AbortSignal): Promise<News>;
  close(): void;
}

/** A few minutes of a busy machine. */
const maxRemembered = 5_000;

/** Listens from the first caller on, so that one who was away for a while misses nothing. */
export function createWatchHub(watch: NonNullable<Runtime['watch']>): WatchHub {
  const closing = new AbortController();
  const stream = randomUUID();
  const waiting = new Set<() => void>();
  const containers = new Map<string, WatchedContainer>();
  let items: WatchItem[] = [];
  /** The number of the first of `items`. */
  let first = 0;
  let lost: Extract<WatchItem, { type: 'lost' }> | undefined;
  let isSynced = false;
  let isListening = false;

  async function listen(): Promise<void> {
    isListening = true;
    for await (const item of watch(closing.signal)) {
      keep(containers, item);
      if (item.type !== 'event') lost = item.type === 'lost' ? item : undefined;
      if (item.type === 'list') isSynced = true;
      items.push(item);
      const surplus = items.length - maxRemembered;
      if (surplus > 0) items = items.slice(surplus);
      first += Math.max(0, surplus);
      for (const wake of waiting) wake();
    }
  }

  const placeOf = (number: number) => `${stream}.${number}`;
  const end = () => first + items.length;
  const numberOf = (place: string | undefined): number | undefined => {
    const [of, number] = place?.split('.') ?? [];
    const known = of === stream ? Number(number) : Number.NaN;
    return known >= first && known <= end() ? known : undefined;
  };
  const everything = (): WatchItem[] =>
    lost ? [lost] : isSynced ? [{ type: 'list', containers: [...containers.values()] }] : [];
  const hasNews = (after: number | undefined) => (after === undefined ? everything().length > 0 : end() > after);

  return {
    follow: async (after, waitMs, signal) => {
      if (!isListening) void listen();
      const number = numberOf(after);
      if (!hasNews(number)) await woken(waiting, waitMs, signal);
      if (number === undefined) {
        const all = everything();
        return { items: all, next: all.length > 0 ? placeOf(end()) : '' };
      }
      return { items: items.slice(Math.max(0, number - first)), next: placeOf(end()) };
    },
    close: () => {
      closing.abort();
      for (const wake of waiting) wake();
    },
  };
}

function keep(containers: Map<string, WatchedContainer>, item: WatchItem): void {
  if (item.type === 'lost') return;
  if (item.type === 'list') {
    containers.clear();
    for (const one of item.containers) containers.set(one.id, one);
  } else if (item.action === 'destroy') containers.delete(item.container.id);
  else containers.set(item.container.id, item.container);
}

function woken(waiting: Set<() => void>, waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      waiting.delete(finish);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, waitMs);
    waiting.add(finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
