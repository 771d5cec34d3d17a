import type { Clock } from '@stack/service-kit/clock';

export interface ModelClock extends Clock {
  /** Milliseconds since the run began. Never jumps. */
  elapsed(): number;
  /** Moves time on: everything that is due happens in its order, and what it starts runs before the next one. */
  advance(ms: number): Promise<void>;
  /** The wall clock is set; sleepers do not notice. */
  jump(ms: number): void;
  hasJumped(): boolean;
  /** Something of the simulated world happens later. It says `wakes` when code that waits has to run before time goes on. */
  after(ms: number, happen: () => unknown): void;
  /** Puts `setTimeout` and `performance.now` on this clock as well, until the returned function is called. */
  takeOver(): () => void;
}

interface Entry {
  dueAt: number;
  order: number;
  run: (() => unknown) | undefined;
}

const nextTurn = globalThis.setImmediate;

/** A clock for long simulations: a heap of what is due, and one turn of the event loop for each sleeper that is woken. */
export function createModelClock(start: number, busy: () => boolean = () => false): ModelClock {
  const heap = createHeap();
  let now = 0;
  let offset = start;
  let order = 0;

  const schedule = (ms: number, run: NonNullable<Entry['run']>): Entry => {
    const entry: Entry = { dueAt: now + Math.max(0, ms), order: order++, run };
    heap.push(entry);
    return entry;
  };

  const settle = async () => {
    do await new Promise<void>((resolve) => nextTurn(resolve));
    while (busy());
  };

  async function advance(ms: number): Promise<void> {
    const until = now + ms;
    await settle();
    for (let due = heap.pop(until); due; due = heap.pop(until)) {
      now = Math.max(now, due.dueAt);
      if (due.run?.() === 'wakes') await settle();
    }
    now = until;
    await settle();
  }

  const sleep: Clock['sleep'] = (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        entry.run = undefined;
        signal?.removeEventListener('abort', wake);
        resolve();
        return 'wakes' as const;
      };
      const entry = schedule(ms, wake);
      signal?.addEventListener('abort', wake, { once: true });
    });

  return {
    now: () => offset + now,
    elapsed: () => now,
    sleep,
    advance,
    jump: (ms) => {
      offset += ms;
    },
    hasJumped: () => offset !== start,
    after: (ms, happen) => void schedule(ms, happen),
    takeOver: () => takeOver(schedule, () => now),
  };
}

/** The healer guards calls with real timers; in a simulation their deadlines must come in simulated time. */
function takeOver(schedule: (ms: number, run: () => 'wakes') => Entry, elapsed: () => number): () => void {
  const { setTimeout, clearTimeout } = globalThis;
  const realNow = performance.now;
  const fake = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const due = () => {
      run(...args);
      return 'wakes' as const;
    };
    const handle = { entry: schedule(ms, due), unref: () => handle, ref: () => handle, hasRef: () => true };
    return handle;
  };
  const clear = (handle: { entry?: Entry } | undefined) => {
    if (handle?.entry) handle.entry.run = undefined;
  };
  Object.assign(globalThis, { setTimeout: fake, clearTimeout: clear });
  performance.now = elapsed;
  return () => {
    Object.assign(globalThis, { setTimeout, clearTimeout });
    performance.now = realNow;
  };
}

const isBefore = (a: Entry, b: Entry) => a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);

function createHeap() {
  const entries: Entry[] = [];
  const swap = (i: number, j: number) => {
    const kept = entries[i] as Entry;
    entries[i] = entries[j] as Entry;
    entries[j] = kept;
  };
  const smallest = (i: number): number => {
    let found = i;
    for (const child of [2 * i + 1, 2 * i + 2])
      if (child < entries.length && isBefore(entries[child] as Entry, entries[found] as Entry)) found = child;
    return found;
  };
  return {
    push(entry: Entry): void {
      entries.push(entry);
      for (let i = entries.length - 1; i > 0; ) {
        const parent = (i - 1) >> 1;
        if (!isBefore(entries[i] as Entry, entries[parent] as Entry)) return;
        swap(i, parent);
        i = parent;
      }
    },
    /** The first entry that is due by `until`. */
    pop(until: number): Entry | undefined {
      const [first] = entries;
      if (!first || first.dueAt > until) return undefined;
      const last = entries.pop() as Entry;
      if (entries.length === 0) return first;
      entries[0] = last;
      for (let i = 0, next = smallest(i); next !== i; i = next, next = smallest(i)) swap(i, next);
      return first;
    },
  };
}
