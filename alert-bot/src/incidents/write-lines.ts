import { setImmediate as nextTurn } from 'node:timers/promises';
import type { IncidentEvent } from './event.ts';
import { toLine } from './log-line.ts';

/** Characters and events that are made into text at once: a storm must not keep health checks and scrapes waiting. */
const sliceLength = 256 * 1_024;
const sliceEvents = 500;

/**
 * Gives the events to `write` as lines, in order, a slice at a time: however many there are, one slice of text is in memory.
 * Returns how many bytes there were. When it fails, some of the first lines may have been written.
 */
export async function writeLines(
  events: Iterable<IncidentEvent>,
  write: (bytes: Buffer) => Promise<void> | void,
): Promise<number> {
  let bytes = 0;
  for (const text of slicesOf(events)) {
    if (bytes > 0) await nextTurn();
    const slice = Buffer.from(text);
    await write(slice);
    bytes += slice.length;
  }
  return bytes;
}

function* slicesOf(events: Iterable<IncidentEvent>): Generator<string> {
  let text = '';
  let count = 0;
  for (const event of events) {
    text += toLine(event);
    count += 1;
    if (count < sliceEvents && text.length < sliceLength) continue;
    yield text;
    text = '';
    count = 0;
  }
  if (count > 0) yield text;
}
