/** A body that is being received, or whose answer is being made. */
export interface Holding {
  /** Counts `bytes` more. False when they do not fit: then the body is to be refused. */
  add(bytes: number): boolean;
  /** Gives everything back. Safe to call again. */
  release(): void;
}

export interface BodyBudget {
  /** `giveWay` is called when another body needs the room: the caller refuses its request and releases. */
  open(giveWay: () => void): Holding;
  /** Bytes that are held now. */
  held(): number;
}

export interface BodyBudgetOptions {
  maxBytes: number;
  /** A body that has been under way for longer gives way to others, the oldest first. */
  patienceMs?: number;
  now?: () => number;
}

interface Entry {
  bytes: number;
  since: number;
  giveWay: () => void;
}

/**
 * Bounds the bytes of all bodies that are under way at the same time. Only what has arrived is counted: a client that announces 16 MB and sends
 * nothing takes no room from anybody. When there is no room, the oldest give way if they have had their time, so a crowd of clients that drip
 * their bodies cannot keep out one that sends its own at once.
 */
export function createBodyBudget({ maxBytes, patienceMs = 2_000, now = () => performance.now() }: BodyBudgetOptions) {
  const entries = new Set<Entry>(); // in the order of their beginning
  let held = 0;

  const release = (entry: Entry) => {
    if (entries.delete(entry)) held -= entry.bytes;
  };
  const makeRoom = (bytes: number, asking: Entry): boolean => {
    const before = now() - patienceMs;
    for (const entry of entries) {
      if (held + bytes <= maxBytes || entry.since > before) break;
      if (entry === asking) continue;
      release(entry);
      entry.giveWay();
    }
    return held + bytes <= maxBytes;
  };
  const open = (giveWay: () => void): Holding => {
    const entry: Entry = { bytes: 0, since: now(), giveWay };
    entries.add(entry);
    return {
      add: (bytes) => {
        if (!entries.has(entry) || (held + bytes > maxBytes && !makeRoom(bytes, entry))) return false;
        entry.bytes += bytes;
        held += bytes;
        return true;
      },
      release: () => release(entry),
    };
  };
  return { open, held: () => held } satisfies BodyBudget;
}
