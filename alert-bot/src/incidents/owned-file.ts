import { statSync } from 'node:fs';
import type { IncidentEvent } from './event.ts';
import type { LogLock } from './held-lock.ts';
import type { LogFs, LogHandle } from './log-file.ts';
import { writeLines } from './write-lines.ts';

const probeBytes = 16_384;

export interface OwnedFileOptions {
  path: string;
  lock: LogLock;
  fs: LogFs;
  /** Durable bytes; everything behind them is not ours to keep. */
  size: number;
}

/**
 * The current file of the log, open for appending. Before every call that changes it, and in the same turn, it looks whether
 * the lock is still ours and whether the path still leads to this very file.
 */
export class OwnedFile {
  readonly #options: OwnedFileOptions;
  #handle: LogHandle;
  #identity: { dev: number; ino: number };
  #size: number;
  /** Set when the tail is not known to be clean: the file is opened again and cut back before the next write. */
  #broken = false;

  private constructor(options: OwnedFileOptions, handle: LogHandle) {
    this.#options = options;
    this.#handle = handle;
    this.#size = options.size;
    this.#identity = statSync(options.path);
  }

  static async open(options: OwnedFileOptions): Promise<OwnedFile> {
    options.lock.assertHeld();
    return new OwnedFile(options, await options.fs.open(options.path, 'a'));
  }

  get size(): number {
    return this.#size;
  }

  get broken(): boolean {
    return this.#broken;
  }

  /**
   * False when somebody deleted, replaced, emptied or wrote to the file: what is in it is not the memory any more, and a
   * write would land where nobody looks, or behind a hole.
   */
  isAsWeLeftIt(): boolean {
    const found = statSync(this.#options.path, { throwIfNoEntry: false });
    if (found?.ino !== this.#identity.ino || found.dev !== this.#identity.dev) return false;
    return this.#broken ? found.size >= this.#size : found.size === this.#size;
  }

  /** Resolves when the events are on disk, and were so while the lock was ours. */
  async append(events: readonly IncidentEvent[]): Promise<void> {
    if (this.#broken) await this.#reopen();
    const bytes = await writeLines(events, (slice) => this.#write(slice));
    await this.#handle.datasync();
    this.#options.lock.assertHeld();
    this.#size += bytes;
  }

  /** Nothing half-written may stay, or the next line would be glued to it. */
  cutBack(): void {
    this.#broken = true; // whatever happens here, the descriptor of a failed flush is not trusted again
    try {
      this.#truncate();
    } catch {
      // the next write cuts it
    }
  }

  /** Tries whether there is room for some events. A crash in between leaves a torn tail, which is cut off. */
  async probe(): Promise<void> {
    await this.#reopen();
    this.#broken = true; // until what was tried is gone
    this.#write(Buffer.alloc(probeBytes, ' '));
    await this.#handle.datasync();
    this.#truncate();
    this.#broken = false;
  }

  /** Goes on in the file that is at the path now, which holds `size` bytes. */
  async moveTo(size: number): Promise<void> {
    this.#size = size;
    this.#broken = true; // until it is open
    this.#identity = statSync(this.#options.path);
    await this.#reopen();
  }

  /** A second fsync on the same descriptor may succeed without having written: Postgres learned that in 2018. */
  async #reopen(): Promise<void> {
    const { path, lock, fs } = this.#options;
    await this.#handle.close().catch(() => undefined);
    lock.assertHeld();
    this.#handle = await fs.open(path, 'a');
    this.#truncate();
    await this.#handle.sync();
    this.#broken = false;
  }

  /**
   * The file is open for appending: should the log have been taken over in this very moment, the bytes come after the new
   * owner's and never over them.
   */
  #write(bytes: Buffer): void {
    const { lock, fs } = this.#options;
    for (let done = 0; done < bytes.length; ) {
      lock.assertHeld();
      done += fs.write(this.#handle, bytes.subarray(done));
    }
  }

  #truncate(): void {
    const { lock, fs } = this.#options;
    lock.assertHeld();
    if (!this.isAsWeLeftIt()) throw new Error('somebody else changed the file of the incident log');
    fs.truncate(this.#handle, this.#size);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
