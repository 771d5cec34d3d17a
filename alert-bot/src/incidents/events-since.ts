import { open } from 'node:fs/promises';
import type { IncidentEvent } from './event.ts';
import { archivesOf } from './log-file.ts';
import { parseEvent } from './log-line.ts';

export interface MissedEvents {
  /** Oldest first. */
  events: IncidentEvent[];
  /** False when some are left out, because they are too many or too long ago. */
  complete: boolean;
}

/** What one reader may cost: he asks again after every lost connection. */
const maxBytes = 4 * 1_048_576;
const maxEvents = 5_000;

/**
 * The events with a sequence number above `after`, from the end of the log: of the current file, and of the archive before it
 * when that was made meanwhile. At most 4 MiB are read of each.
 */
export async function eventsSince(path: string, after: number): Promise<MissedEvents> {
  const current = await readTail(path, after);
  const files = [current];
  const previous = archivesOf(path).at(-1);
  if (current.isWhole && !current.reaches && previous !== undefined) files.unshift(await readTail(previous, after));
  const events = files.flatMap((file) => file.events);
  const complete = files.some(({ reaches }) => reaches) || (files[0]?.isWhole === true && after < 0);
  return { events: events.slice(-maxEvents), complete: complete && events.length <= maxEvents };
}

interface Tail {
  events: IncidentEvent[];
  /** It holds an event from before, so none after it is missing. */
  reaches: boolean;
  /** The file was read from its beginning. */
  isWhole: boolean;
}

async function readTail(path: string, after: number): Promise<Tail> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - maxBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const isWhole = from === 0;
    return { ...readLines(buffer.toString('utf8', 0, bytesRead), isWhole, after), isWhole };
  } finally {
    await file.close();
  }
}

function readLines(text: string, isWhole: boolean, after: number): Pick<Tail, 'events' | 'reaches'> {
  const lines = text.split('\n');
  lines.pop(); // empty, or being written
  if (!isWhole) lines.shift(); // cut
  const events: IncidentEvent[] = [];
  for (let i = lines.length - 1; i >= 0; i -= 1) {
    const event = parseEvent(lines[i] as string);
    if (!event) continue;
    if (event.seq <= after) return { events: events.reverse(), reaches: true };
    if (event.type !== 'carried') events.push(event);
  }
  return { events: events.reverse(), reaches: false };
}
