import { type FileHandle, open } from 'node:fs/promises';
import type { Incident } from './incident.ts';
import { parseEvent } from './log-line.ts';
import type { ReplayMemory } from './log-memory.ts';
import { maxLineBytes } from './read-blocks.ts';

/**
 * Stands for the labels of an incident whose alert is still in the file; its `startsAt` is then the offset of the line.
 * Folding looks at neither, so of a million alerts only those are parsed whose incidents are known at the end.
 */
export const unreadLabels: Incident['labels'] = Object.freeze({});

const windowBytes = 256 * 1_024;

/**
 * Fills in the alerts of the incidents that are known, in place. False when one of the lines cannot be read: nobody knows then
 * what it said.
 */
export async function readAlerts(path: string, replay: ReplayMemory): Promise<boolean> {
  const unread = [...replay.incidents()]
    .filter(({ labels }) => labels === unreadLabels)
    .map(({ id, startsAt: offset }) => ({ id, offset }))
    .sort((a, b) => a.offset - b.offset);
  const file = await open(path, 'r');
  try {
    const lines = new LineWindow(file);
    for (const { id, offset } of unread) {
      const incident = replay.incident(id); // those that are closed are forgotten when the others need the room
      if (incident && !fillIn(replay, incident, await lines.at(offset))) return false;
    }
    return true;
  } finally {
    await file.close();
  }
}

function fillIn(replay: ReplayMemory, incident: Incident, line: string): boolean {
  const event = parseEvent(line);
  if (event?.type !== 'received' || event.incident !== incident.id) return false;
  const { labels, annotations = {}, startsAt, fingerprint } = event.alert;
  replay.setAlert(incident, { labels, annotations, startsAt: Date.parse(startsAt), fingerprint });
  return true;
}

/** Reads lines in ascending order, many with one call. */
class LineWindow {
  readonly #file: FileHandle;
  #window = Buffer.alloc(windowBytes);
  #from = 0;
  #to = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async at(offset: number): Promise<string> {
    for (let bytes = windowBytes; bytes <= 2 * maxLineBytes; bytes *= 2) {
      const end = this.#window.subarray(0, this.#to - this.#from).indexOf(0x0a, Math.max(0, offset - this.#from));
      if (end >= 0 && offset < this.#to) return this.#window.toString('utf8', offset - this.#from, end);
      if (bytes > this.#window.length) this.#window = Buffer.alloc(bytes);
      const { bytesRead } = await this.#file.read(this.#window, 0, bytes, offset);
      if (this.#from === offset && bytesRead <= this.#to - offset) return ''; // the file is over
      this.#from = offset;
      this.#to = offset + bytesRead;
    }
    return '';
  }
}
