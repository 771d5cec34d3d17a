import type { IncidentEvent } from '../../src/incidents/event.ts';
import { type IncidentLog, LogUnwritable } from '../../src/incidents/incident-log.ts';
import type { LogMemory } from '../../src/incidents/log-memory.ts';
import type { ModelClock } from './model-clock.ts';

export interface ModelDisk {
  events: IncidentEvent[];
  full: boolean;
  latencyMs: number;
  /** The bot was killed: what it was writing is on disk, though nobody was told, or is not. */
  crash(keepsUnacknowledged: boolean): void;
  open(memory: LogMemory, isAlive: () => boolean): Promise<IncidentLog>;
}

/** A disk that outlives the bot, takes its time, and may be full. `written` hears of every event that is on it. */
export function createModelDisk(clock: ModelClock, written: (event: IncidentEvent) => void): ModelDisk {
  const unwritten = new Set<() => unknown>();
  const disk: ModelDisk = {
    events: [],
    full: false,
    latencyMs: 2,
    crash: (keeps) => {
      for (const write of unwritten) if (keeps) write();
      unwritten.clear();
    },
    open: async (memory, isAlive) => {
      for (const event of disk.events) memory.apply(structuredClone(event));
      let lane: Promise<unknown> = Promise.resolve();
      let closed = false;
      return {
        recovery: { events: disk.events.length, unreadable: { count: 0, lines: [] }, tornBytes: 0 },
        append: (events) => {
          const write = () => {
            const numbered = events.map(
              (event, i) => ({ v: 2, seq: disk.events.length + i, ...event }) as IncidentEvent,
            );
            for (const event of structuredClone(numbered)) {
              disk.events.push(event);
              written(event);
            }
            return numbered;
          };
          unwritten.add(write);
          const writing = lane.then(async () => {
            await clock.sleep(disk.latencyMs);
            if (!isAlive()) return [];
            unwritten.delete(write);
            if (disk.full || closed) throw new LogUnwritable(disk.full ? 'ENOSPC' : 'closed');
            const numbered = write();
            for (const event of numbered) memory.apply(event);
            return numbered;
          });
          lane = writing.catch(() => undefined);
          return writing;
        },
        timeline: async ({ id }) => ({ events: disk.events.filter((event) => event.incident === id), omitted: 0 }),
        since: async (seq) => ({ events: disk.events.filter((event) => event.seq > seq), complete: true }),
        stats: () => ({ path: 'memory', bytes: 0, errors: 0, writable: !disk.full, seq: disk.events.length - 1 }),
        mend: () => undefined,
        close: async () => {
          closed = true;
        },
      };
    },
  };
  return disk;
}
