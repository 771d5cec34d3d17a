import type { ContainerEvent } from './engine-types.ts';

/** What the engine tells only once, in an event: that a container ended just now, and that the kernel killed for memory. */
export interface EndNotes {
  take(event: ContainerEvent): void;
  /** By our clock. */
  hasEndedSince(id: string, at: number): boolean;
  /** As far as the events were heard. The inspection forgets it at the next start. */
  oomKillsOf(id: string): number;
}

interface Note {
  endedAt: number;
  oomKills: number;
  lastOomNano: bigint;
}

/** How many containers are remembered. */
const maxNotes = 5_000;
/** What the engine tells of its memory after a connection says nothing about this moment. */
const oldNewsMs = 10_000;

/** @param now milliseconds of a clock that never goes back; @param wallClock compared with the engine's times */
export function createEndNotes(now: () => number, wallClock: () => number = Date.now): EndNotes {
  const notes = new Map<string, Note>();
  const noteOf = (id: string): Note => {
    const note = notes.get(id) ?? { endedAt: Number.NEGATIVE_INFINITY, oomKills: 0, lastOomNano: 0n };
    notes.delete(id);
    notes.set(id, note);
    const [oldest] = notes.keys();
    if (notes.size > maxNotes && oldest !== undefined) notes.delete(oldest);
    return note;
  };
  return {
    take: ({ id, action, timeNano }) => {
      const isNews = wallClock() - Number(timeNano / 1_000_000n) < oldNewsMs;
      if ((action === 'die' || action === 'destroy') && isNews) noteOf(id).endedAt = now();
      if (action !== 'oom') return;
      const note = noteOf(id);
      if (timeNano <= note.lastOomNano) return; // heard again after a lost connection
      note.lastOomNano = timeNano;
      note.oomKills += 1;
    },
    hasEndedSince: (id, at) => (notes.get(id)?.endedAt ?? Number.NEGATIVE_INFINITY) > at,
    oomKillsOf: (id) => notes.get(id)?.oomKills ?? 0,
  };
}
