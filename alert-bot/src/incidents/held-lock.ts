import { readSync, rmSync, statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { LogLost } from './log-unwritable.ts';

export interface LogLock {
  /**
   * Returns when the lock is ours at this moment. It is asked directly before every call that changes anything, in the same
   * turn: a bot that was frozen for long may have lost the log to another one in between.
   * @throws LogLost once and for ever when it is not ours, Error when the file system does not say
   */
  assertHeld(): void;
  isLost(): boolean;
  /** Deletes the lock, if it is ours. */
  release(): Promise<void>;
}

export interface HeldLockOptions {
  path: string;
  /** What stands in the lock. */
  content: string;
  /** The lock as an open file: as long as it is open, no other file can get its inode number. */
  file: FileHandle;
  heartbeatMs: number;
  onLost: () => void;
}

/**
 * A lock that is ours until the file at its path is another one, or none. Its life is shown through the open file, never
 * through the path, so that a lock that is another bot's by now is not touched.
 */
export async function holdLock({ path, content, file, heartbeatMs, onLost }: HeldLockOptions): Promise<LogLock> {
  const { dev, ino } = await file.stat();
  const size = Buffer.byteLength(content);
  let lost = false;

  const lose = (): never => {
    if (!lost) queueMicrotask(onLost);
    lost = true;
    clearInterval(heartbeat);
    throw new LogLost();
  };
  const assertHeld = () => {
    if (lost) throw new LogLost();
    // At once: a few microseconds here, where a trip through the thread pool before every write is forty.
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.ino !== ino || found.dev !== dev || found.size !== size) lose();
  };
  const beat = () => {
    try {
      assertHeld();
      if (contentOf(file, size) !== content) lose();
    } catch {
      return; // lost, which was told, or not to be seen: then nothing is touched either
    }
    const now = new Date();
    file.utimes(now, now).catch(() => undefined);
  };
  const heartbeat = setInterval(beat, heartbeatMs);
  heartbeat.unref();

  return {
    assertHeld,
    isLost: () => lost,
    release: async () => {
      clearInterval(heartbeat);
      deleteIfHeld(path, assertHeld);
      await file.close();
    },
  };
}

function deleteIfHeld(path: string, assertHeld: () => void): void {
  try {
    assertHeld();
    rmSync(path, { force: true });
  } catch {
    // another bot's, or on a disk that is read-only now: the next start judges it
  }
}

/** Written over in place it is the same file, perhaps of the same length. */
function contentOf({ fd }: FileHandle, size: number): string {
  const bytes = Buffer.alloc(size);
  return bytes.toString('utf8', 0, readSync(fd, bytes, 0, size, 0));
}
