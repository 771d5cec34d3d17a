import { type FileHandle, open, stat } from 'node:fs/promises';
import type { LogLock } from './held-lock.ts';
import { type LogFs, type LogHandle, writeAll } from './log-file.ts';

const chunkBytes = 256 * 1_024;
/** Of the torn tails that are kept beside the log; they are for a person who wonders, and were never acknowledged. */
const maxTornBytes = 64 * 1_024 * 1_024;

/** Cuts a torn last line off at `end` and keeps its bytes beside the log, if there is room. Returns how many there were. */
export async function cutTornTail(path: string, end: number, lock: LogLock, fs: LogFs): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size === end) return 0;
    await keepTail(path, file, end, lock).catch(() => undefined); // a full disk is no reason not to start
    const log = await fs.open(path, 'r+');
    try {
      lock.assertHeld();
      fs.truncate(log, end);
      await log.sync();
    } finally {
      await log.close();
    }
    return size - end;
  } finally {
    await file.close();
  }
}

async function keepTail(path: string, file: FileHandle, from: number, lock: LogLock): Promise<void> {
  const torn = `${path}.torn`;
  const kept = await stat(torn).catch(() => undefined);
  lock.assertHeld();
  const copy: LogHandle = await open(torn, kept && kept.size > maxTornBytes ? 'w' : 'a');
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    for (let done = 0; done < maxTornBytes; ) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, from + done);
      if (bytesRead === 0) break;
      lock.assertHeld();
      await writeAll(copy, chunk.subarray(0, bytesRead));
      done += bytesRead;
    }
    await writeAll(copy, Buffer.from('\n'));
    await copy.sync();
  } finally {
    await copy.close();
  }
}
