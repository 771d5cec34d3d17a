import type { IncidentEvent, NewEvent } from './event.ts';
import { eventsSince, type MissedEvents } from './events-since.ts';
import type { LogLock } from './held-lock.ts';
import type { IncidentLog, IncidentLogOptions } from './incident-log.ts';
import type { LogFs } from './log-file.ts';
import { withHead } from './log-line.ts';
import type { LogRecovery } from './log-replay.ts';
import { LogLost, LogUnwritable } from './log-unwritable.ts';
import type { OwnedFile } from './owned-file.ts';
import { dropArchives, rotateLog } from './rotate-log.ts';
import type { Timeline } from './timeline.ts';
import { TimelineReader, type Traced } from './timeline-reader.ts';

const defaultMaxBytes = 64 * 1024 * 1024;

interface Waiting {
  events: readonly NewEvent[];
  resolve: (events: readonly IncidentEvent[]) => void;
  reject: (error: Error) => void;
}

export interface OpenState {
  lock: LogLock;
  recovery: LogRecovery;
  file: OwnedFile;
  seq: number;
  fs: LogFs;
}

/** The log as an open file. `openIncidentLog` makes it. */
export class FileIncidentLog implements IncidentLog {
  readonly recovery: LogRecovery;
  readonly #options: IncidentLogOptions;
  readonly #state: OpenState;
  readonly #timelines: TimelineReader;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #errors = 0;
  #rotateAt: number;
  #closed = false;

  constructor(options: IncidentLogOptions, state: OpenState) {
    this.#options = options;
    this.#state = state;
    this.#timelines = new TimelineReader(options.path);
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
      const refusal = this.#failed(error as Error);
      for (const { reject } of batch) reject(refusal);
      return;
    }
    for (const events of numbered) for (const event of events) this.#options.memory.apply(event);
    for (const [index, { resolve }] of batch.entries()) resolve(numbered[index] as IncidentEvent[]);
    if (this.#state.file.size >= this.#rotateAt) await this.#rotate();
  }

  /** A log that is another bot's is left exactly as it is. */
  #failed(error: Error): LogUnwritable {
    this.#errors += 1;
    if (error instanceof LogLost) return error;
    this.#state.file.cutBack();
    return new LogUnwritable(`the incident log cannot be written: ${error.message}`);
  }

  async #write(batch: readonly Waiting[]): Promise<IncidentEvent[][]> {
    const state = this.#state;
    state.lock.assertHeld();
    if (!state.file.isAsWeLeftIt()) await this.#restore();
    let seq = state.seq;
    const numbered = batch.map(({ events }) => events.map((event) => withHead(event, ++seq)));
    await state.file.append(numbered.flat());
    state.seq = seq;
    return numbered;
  }

  mend(): void {
    if (this.#closed || this.#writing || this.#state.lock.isLost()) return;
    if (this.#state.file.broken || !this.#isWhole()) this.#writing = this.#drain(() => this.#probe());
  }

  #isWhole(): boolean {
    try {
      return this.#state.file.isAsWeLeftIt();
    } catch {
      return true; // nothing can be said; the next append will
    }
  }

  async #probe(): Promise<void> {
    const { lock, file } = this.#state;
    try {
      lock.assertHeld();
      if (!file.isAsWeLeftIt()) await this.#restore();
      else await file.probe();
    } catch (error) {
      if (!(error instanceof LogLost)) file.cutBack();
    }
  }

  /**
   * Somebody deleted, replaced or emptied the file (logrotate with `copytruncate`, an editor, a hand). The memory is whole, so
   * a new file is begun with it; the file that was found becomes an archive.
   */
  async #restore(): Promise<void> {
    await this.#moveToNewFile();
    this.#options.onRestored?.();
  }

  async #moveToNewFile(): Promise<void> {
    const { path, memory, maxBytes = defaultMaxBytes, now } = this.#options;
    const { fs, lock, file, seq: lastSeq } = this.#state;
    const { bytes, seq } = await rotateLog({ path, memory, fs, lock, lastSeq, now: now() });
    this.#state.seq = seq;
    this.#rotateAt = bytes + maxBytes;
    await file.moveTo(bytes);
  }

  async #rotate(): Promise<void> {
    const { path, maxBytes = defaultMaxBytes, maxArchives = 10 } = this.#options;
    try {
      await this.#moveToNewFile();
      dropArchives(path, maxArchives, this.#state.lock);
    } catch {
      this.#errors += 1;
      this.#rotateAt = this.#state.file.size + maxBytes / 16; // what was the current file stays in use
    }
  }

  timeline(incident: Traced): Promise<Timeline> {
    return this.#timelines.read(incident);
  }

  since(seq: number): Promise<MissedEvents> {
    return eventsSince(this.#options.path, seq);
  }

  stats() {
    const { file, lock, seq } = this.#state;
    const writable = !file.broken && !lock.isLost();
    return { path: this.#options.path, bytes: file.size, errors: this.#errors, writable, seq };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    await this.#state.file.close();
    await this.#state.lock.release();
  }
}
