import type { IncidentEvent } from '../../src/incidents/event.ts';
import { type IncidentLog, LogUnwritable } from '../../src/incidents/incident-log.ts';
import type { LogMemory } from '../../src/incidents/log-memory.ts';

/** A disk that outlives the bot: what was appended is there for the next one that opens it. */
export interface Disk {
  events: IncidentEvent[];
  full: boolean;
  /** Who opened it last owns it: one that was killed writes no more. */
  owner: number;
  open(memory: LogMemory): Promise<IncidentLog>;
}

export function createDisk(): Disk {
  const disk: Disk = {
    events: [],
    full: false,
    owner: 0,
    open: async (memory) => {
      for (const event of disk.events) memory.apply(event);
      disk.owner += 1;
      return logOn(disk, memory, disk.owner);
    },
  };
  return disk;
}

function logOn(disk: Disk, memory: LogMemory, owner: number): IncidentLog {
  let closed = false;
  return {
    recovery: { events: disk.events.length, unreadable: { count: 0, lines: [] }, tornBytes: 0 },
    append: async (events) => {
      await Promise.resolve();
      if (disk.full || closed || owner !== disk.owner) throw new LogUnwritable(disk.full ? 'ENOSPC' : 'closed');
      const numbered = events.map((event, i) => ({ v: 2, seq: disk.events.length + i, ...event }) as IncidentEvent);
      disk.events.push(...structuredClone(numbered));
      for (const event of numbered) memory.apply(event);
      return numbered;
    },
    timeline: async ({ id }) => ({ events: disk.events.filter((event) => event.incident === id), omitted: 0 }),
    since: async (seq) => ({ events: disk.events.filter((event) => event.seq > seq), complete: true }),
    stats: () => ({ path: 'memory', bytes: 0, errors: 0, writable: !disk.full, seq: disk.events.length - 1 }),
    mend: () => undefined,
    close: async () => {
      closed = true;
    },
  };
}
