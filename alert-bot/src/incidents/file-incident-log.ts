import type { IncidentEvent, NewEvent } from './event.ts';
import type { IncidentLog, IncidentLogOptions } from './incident-log.ts';
import { archivesOf, type LogFs, type LogHandle, writeAll, writeLines } from './log-file.ts';
import { withHead } from './log-line.ts';
import type { LogLock } from './log-lock.ts';
import { eventsIn, type LogRecovery } from './log-replay.ts';
import { LogUnwritable } from './log-unwritable.ts';
import { dropArchives, rotateLog } from './rotate-log.ts';

const probeBytes = 16_384;
const defaultMaxBytes = 64 * 1024 * 1024;

interface Waiting {
  events: readonly NewEvent[];
  resolve: (events: readonly IncidentEvent[]) => void;
  reject: (error: Error) => void;
}

export interface OpenState {
  lock: LogLock;
  recovery: LogRecovery;
  handle: LogHandle;
  /** Durable bytes; everything behind it is not ours to keep. */
  size: number;
  seq: number;
  fs: LogFs;
}

/** The log as an open file. `openIncidentLog` makes it. */
export class FileIncidentLog implements IncidentLog {
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
    this.#rotateAt = options.maxBytes ?? defaultMaxBytes;
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
    if (!state.lock.held()) throw new Error('another alert bot has taken over the log');
    let seq = state.seq;
    const numbered = batch.map(({ events }) => events.map((event) => withHead(event, ++seq)));
    const bytes = await writeLines(state.handle, numbered.flat(), state.size);
    await state.handle.datasync();
    state.size += bytes;
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

  async #rotate(): Promise<void> {
    const { path, memory, maxBytes = defaultMaxBytes, maxArchives = 10, now } = this.#options;
    const state = this.#state;
    try {
      const { bytes, seq } = await rotateLog({ path, memory, fs: state.fs, lastSeq: state.seq, now: now() });
      Object.assign(state, { size: bytes, seq });
      this.#broken = true; // until the new file is open
      this.#rotateAt = bytes + maxBytes;
      await this.#reopen();
      await dropArchives(path, maxArchives);
    } catch {
      this.#errors += 1;
      this.#rotateAt = state.size + maxBytes / 16; // the old file stays in use
    }
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
