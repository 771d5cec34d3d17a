import type { IncidentEvent } from './event.ts';
import type { LogMemory } from './log-memory.ts';
import { readLines } from './read-lines.ts';

export interface LogRecovery {
  events: number;
  /** Lines that are no events, with their numbers (the first ten). They are left where they are. */
  unreadable: { count: number; lines: number[] };
  /** Bytes of a torn last line, moved to `<path>.torn`. */
  tornBytes: number;
}

/** Folds a file into the memory. `end` is where a torn last line begins. */
export async function replayLog(path: string, memory: LogMemory) {
  const recovery: LogRecovery = { events: 0, unreadable: { count: 0, lines: [] }, tornBytes: 0 };
  let seq = -1;
  const { end } = await readLines(path, (line, number) => {
    const event = parseEvent(line);
    try {
      if (!event) throw new Error('not an event');
      seq = Math.max(seq, event.seq);
      memory.apply(event);
      recovery.events += 1;
    } catch {
      recovery.unreadable.count += 1;
      if (recovery.unreadable.lines.length < 10) recovery.unreadable.lines.push(number);
    }
  });
  return { recovery, end, seq };
}

/** Deliberately not the full schema: a million lines are read at start, and they are our own. */
function parseEvent(line: Buffer): IncidentEvent | undefined {
  try {
    const event = JSON.parse(line.toString()) as IncidentEvent;
    return event.v === 1 &&
      Number.isSafeInteger(event.seq) &&
      typeof event.type === 'string' &&
      typeof event.at === 'string'
      ? event
      : undefined;
  } catch {
    return undefined;
  }
}

/** The events of one incident in one file, in its order. */
export async function eventsIn(file: string, incident: string): Promise<IncidentEvent[]> {
  const events: IncidentEvent[] = [];
  await readLines(file, (line) => {
    if (!line.includes(incident)) return; // far cheaper than parsing every line
    const event = parseEvent(line);
    if (event?.incident === incident && event.type !== 'carried') events.push(event);
  });
  return events;
}
