import { link, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { IncidentEvent, NewEvent } from './event.ts';
import {
  archiveOf,
  archivesOf,
  cutTornTail,
  draftOf,
  type LogFs,
  type LogHandle,
  prepareLogFile,
  realFs,
  syncDirectory,
  writeAll,
} from './log-file.ts';
import { type LogLockOptions, lockLog } from './log-lock.ts';
import { readLines } from './read-lines.ts';

/** The disk did not take it; nothing of the batch is in the log. */
export class LogUnwritable extends Error {
  override readonly name = 'LogUnwritable';
}

/** What the log is the memory of. Events arrive in the order of the file, when they are on disk. */
export interface LogMemory {
  apply(event: IncidentEvent): void;
  /** Everything that a new file must begin with so that the files before it can be deleted. */
  snapshot(): Iterable<Omit<Extract<IncidentEvent, { type: 'carried' }>, 'v' | 'seq' | 'at' | 'type'>>;
}

export interface IncidentLogOptions {
  path: string;
  memory: LogMemory;
  now: () => number;
  /** A file that grew by so many bytes is archived; 64 MiB by default. */
  maxBytes?: number;
  /** Archived files that are kept. */
  maxArchives?: number;
  fs?: LogFs;
  lock?: LogLockOptions;
}

export interface LogRecovery {
  events: number;
  /** Lines that are no events, with their numbers (the first ten). They are left where they are. */
  unreadable: { count: number; lines: number[] };
  /** Bytes of a torn last line, moved to `<path>.torn`. */
  tornBytes: number;
}

export interface IncidentLog {
  readonly recovery: LogRecovery;
  /**
   * Resolves when the events are on disk and in the memory. Calls that overlap share one write and one flush. Several
   * events of one call are written together or not at all.
   * @throws LogUnwritable
   */
  append(events: readonly NewEvent[]): Promise<readonly IncidentEvent[]>;
  /** Every event of one incident, oldest first, from this file and the archived ones. */
  timeline(incident: string): Promise<IncidentEvent[]>;
  stats(): { path: string; bytes: number; errors: number; writable: boolean };
  /** After a failure: tries whether the disk takes something again, so that `writable` is the truth without a delivery. */
  mend(): void;
  close(): Promise<void>;
}

/**
 * Opens the log: takes the lock, mends a torn tail, replays into the memory.
 * @throws LogLocked
 */
export async function openIncidentLog(options: IncidentLogOptions): Promise<IncidentLog> {
  const { path, fs = realFs } = options;
  await prepareLogFile(path);
  const lock = await lockLog(`${path}.lock`, options.lock);
  try {
    const { recovery, end, seq } = await replay(path, options.memory);
    recovery.tornBytes = await cutTornTail(path, end);
    const handle = await fs.open(path, 'r+');
    return new FileIncidentLog(options, { lock, recovery, handle, size: end, seq, fs });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function replay(path: string, memory: LogMemory) {
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

const probeBytes = 16_384;

interface Waiting {
  events: readonly NewEvent[];
  resolve: (events: readonly IncidentEvent[]) => void;
  reject: (error: Error) => void;
}

interface OpenState {
  lock: Awaited<ReturnType<typeof lockLog>>;
  recovery: LogRecovery;
  handle: LogHandle;
  /** Durable bytes; everything behind it is not ours to keep. */
  size: number;
  seq: number;
  fs: LogFs;
}

class FileIncidentLog implements IncidentLog {
  readonly recovery: LogRecovery;
  readonly #options: IncidentLogOptions;
  readonly #state: OpenState;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  /** Set when the file's tail is not known to be clean: it is opened again and cut back before the next write. */
  #broken = false;
  #errors = 0;
  #rotateAt: number;
  #closed = false;

  constructor(options: IncidentLogOptions, state: OpenState) {
    this.#options = options;
    this.#state = state;
    this.recovery = state.recovery;
    this.#rotateAt = options.maxBytes ?? 64 * 1024 * 1024;
  }

  append(events: readonly NewEvent[]): Promise<readonly IncidentEvent[]> {
    if (this.#closed) return Promise.reject(new LogUnwritable('the incident log is closed'));
    if (events.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ events, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  /** Group commit: whatever came in during one flush goes out together in the next. */
  async #drain(first: () => Promise<void> = async () => undefined): Promise<void> {
    await first(); // callers of the same turn share the first batch too
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#commit(batch);
    }
    this.#writing = undefined; // in the same turn as the last look at `waiting`: nothing can slip in between
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    let numbered: IncidentEvent[][];
    try {
      numbered = await this.#write(batch);
    } catch (error) {
      this.#errors += 1;
      await this.#cutBack();
      const unwritable = new LogUnwritable(`the incident log cannot be written: ${(error as Error).message}`);
      for (const { reject } of batch) reject(unwritable);
      return;
    }
    for (const event of numbered.flat()) this.#options.memory.apply(event);
    for (const [index, { resolve }] of batch.entries()) resolve(numbered[index] as IncidentEvent[]);
    if (this.#state.size >= this.#rotateAt) await this.#rotate();
  }

  async #write(batch: readonly Waiting[]): Promise<IncidentEvent[][]> {
    const state = this.#state;
    if (this.#broken) await this.#reopen();
    if (!(await state.lock.held())) throw new Error('another alert bot has taken over the log');
    let seq = state.seq;
    const numbered = batch.map(({ events }) => events.map((event) => withHead(event, ++seq)));
    const bytes = Buffer.from(numbered.flat().map(toLine).join(''));
    await writeAll(state.handle, bytes, state.size);
    await state.handle.datasync();
    state.size += bytes.length;
    state.seq = seq;
    return numbered;
  }

  mend(): void {
    if (this.#broken && !this.#closed) this.#writing ??= this.#drain(() => this.#probe());
  }

  /** Room for some events is what the next append needs. A crash in between leaves a torn tail, which is cut off. */
  async #probe(): Promise<void> {
    const state = this.#state;
    try {
      await this.#reopen();
      await writeAll(state.handle, Buffer.alloc(probeBytes, ' '), state.size);
      await state.handle.datasync();
      await state.handle.truncate(state.size);
    } catch {
      await this.#cutBack();
    }
  }

  /** Nothing half-written may stay, or the next line would be glued to it. */
  async #cutBack(): Promise<void> {
    this.#broken = true; // whatever happens here, the descriptor of a failed flush is not trusted again
    await this.#state.handle.truncate(this.#state.size).catch(() => undefined);
  }

  /** A second fsync on the same descriptor may succeed without having written: Postgres learned that in 2018. */
  async #reopen(): Promise<void> {
    const state = this.#state;
    await state.handle.close().catch(() => undefined);
    state.handle = await state.fs.open(this.#options.path, 'r+');
    await state.handle.truncate(state.size);
    await state.handle.sync();
    this.#broken = false;
  }

  /** The memory opens the new file, so that no older file is needed to come back. A failure leaves the old one in use. */
  async #rotate(): Promise<void> {
    const { path, memory, maxBytes = 64 * 1024 * 1024, now } = this.#options;
    const state = this.#state;
    const archive = archiveOf(path, state.seq);
    const at = new Date(now()).toISOString();
    const carried = [...memory.snapshot()].map((entry) => ({ at, ...entry, type: 'carried' as const }));
    const first = {
      at,
      incident: null,
      type: 'rotated' as const,
      previous: basename(archive),
      carried: carried.length,
    };
    let seq = state.seq;
    const bytes = Buffer.from([first, ...carried].map((event) => toLine(withHead(event, ++seq))).join(''));
    try {
      const draft = await state.fs.open(draftOf(path), 'w');
      await writeAll(draft, bytes, 0)
        .then(() => draft.sync())
        .finally(() => draft.close());
      await rename(path, archive);
      await rename(draftOf(path), path);
      await syncDirectory(path);
      await state.handle.close();
      Object.assign(state, { size: bytes.length, seq, handle: await state.fs.open(path, 'r+') });
      this.#rotateAt = bytes.length + maxBytes;
      await this.#dropArchives();
    } catch {
      this.#errors += 1;
      this.#rotateAt = state.size + maxBytes / 16;
      await restoreName(archive, path);
      await rm(draftOf(path), { force: true }).catch(() => undefined);
    }
  }

  async #dropArchives(): Promise<void> {
    const archives = await archivesOf(this.#options.path);
    const tooMany = archives.slice(0, Math.max(0, archives.length - (this.#options.maxArchives ?? 10)));
    for (const archive of tooMany) await rm(archive, { force: true });
  }

  async timeline(incident: string): Promise<IncidentEvent[]> {
    const files = [...(await archivesOf(this.#options.path)), this.#options.path];
    let found: IncidentEvent[] = [];
    for (const file of files.reverse()) {
      found = [...(await eventsIn(file, incident)), ...found];
      if (found[0]?.type === 'received') break;
    }
    return found;
  }

  stats() {
    return { path: this.#options.path, bytes: this.#state.size, errors: this.#errors, writable: !this.#broken };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    await this.#state.handle.close();
    await this.#state.lock.release();
  }
}

/** Between the two renames the log has no name; without a new file the old one takes it back. */
async function restoreName(archive: string, path: string): Promise<void> {
  await link(archive, path).then(
    () => rm(archive),
    () => undefined,
  );
}

async function eventsIn(file: string, incident: string): Promise<IncidentEvent[]> {
  const events: IncidentEvent[] = [];
  await readLines(file, (line) => {
    if (!line.includes(incident)) return; // far cheaper than parsing every line
    const event = parseEvent(line);
    if (event?.incident === incident && event.type !== 'carried') events.push(event);
  });
  return events;
}

const withHead = (event: NewEvent, seq: number): IncidentEvent => {
  const { at, incident, type, ...rest } = event;
  return { v: 1, seq, at, incident, type, ...rest } as IncidentEvent;
};

const toLine = (event: IncidentEvent) => `${JSON.stringify(event)}\n`;
