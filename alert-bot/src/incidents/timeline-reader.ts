import { basename } from 'node:path';
import { findSeq } from './find-seq.ts';
import type { Incident } from './incident.ts';
import { archivesOf } from './log-file.ts';
import { parseEvent } from './log-line.ts';
import { readBlocks } from './read-blocks.ts';
import { type Timeline, TimelineCollector } from './timeline.ts';

const newline = 0x0a;

export type Traced = Pick<Incident, 'id' | 'seq'>;

/**
 * Reads what the log has about one incident, beginning with the file, and the place in it, where the incident began. One
 * reading at a time, and the same question is answered once for all who ask it: a reader costs the bot no more than the disk gives.
 */
export class TimelineReader {
  readonly #path: string;
  readonly #asked = new Map<string, Promise<Timeline>>();
  #reading: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  read(incident: Traced): Promise<Timeline> {
    const asked = this.#asked.get(incident.id);
    if (asked) return asked;
    const answer = this.#reading
      .then(() => readTimeline(this.#path, incident))
      .finally(() => this.#asked.delete(incident.id));
    this.#asked.set(incident.id, answer);
    this.#reading = answer.catch(() => undefined);
    return answer;
  }
}

async function readTimeline(path: string, { id, seq = 0 }: Traced): Promise<Timeline> {
  for (let tries = 1; ; tries += 1) {
    const collector = new TimelineCollector();
    const archives = archivesOf(path);
    const from = archives.findIndex((archive) => lastSeqOf(archive) >= seq);
    for (const file of [...(from < 0 ? [] : archives.slice(from)), path])
      await collectIfThere(file, id, seq, collector);
    // When the file was archived meanwhile, its end may have been read in neither.
    if (tries === 3 || archivesOf(path).at(-1) === archives.at(-1)) return collector.result();
  }
}

async function collectIfThere(file: string, id: string, seq: number, collector: TimelineCollector): Promise<void> {
  try {
    await collect(file, id, seq, collector);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // deleted meanwhile, as the oldest are
  }
}

/** An archive is named after its last sequence number. */
const lastSeqOf = (archive: string): number => Number(/\.(\d+)\.\w+$/.exec(basename(archive))?.[1]);

async function collect(file: string, id: string, seq: number, collector: TimelineCollector): Promise<void> {
  const words = Buffer.from(id);
  const onBlock = (block: Buffer) => {
    for (let found = block.indexOf(words); found >= 0; ) {
      const end = block.indexOf(newline, found);
      const line = block.toString('utf8', block.lastIndexOf(newline, found) + 1, end);
      const event = parseEvent(line);
      if (event?.incident === id && event.type !== 'carried') collector.add(line);
      found = block.indexOf(words, end);
    }
  };
  await readBlocks(file, { onBlock }, await findSeq(file, seq));
}
