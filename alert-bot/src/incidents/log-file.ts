import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { LogLock } from './held-lock.ts';

export type LogHandle = Pick<FileHandle, 'fd' | 'write' | 'datasync' | 'sync' | 'close'>;

/**
 * The calls that may fail on a bad disk, so that tests can make them fail. What changes the current file runs at once, on the
 * event loop: between the look at the lock and the change nothing else may happen, and it only reaches the page cache.
 */
export interface LogFs {
  open(path: string, flags: string): Promise<LogHandle>;
  /** Appends; returns how many bytes were taken. */
  write(file: LogHandle, bytes: Buffer): number;
  truncate(file: LogHandle, size: number): void;
}

export const realFs: LogFs = {
  open,
  write: ({ fd }, bytes) => writeSync(fd, bytes),
  truncate: ({ fd }, size) => ftruncateSync(fd, size),
};

export async function writeAll(file: LogHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, null);
    done += bytesWritten;
  }
}

/** A new or renamed file is only there after a power cut when its directory was flushed too. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

export const makeLogDirectory = (path: string) => mkdirSync(dirname(path), { recursive: true });

/** Creates the file where it is missing, and finishes a rotation that was cut short. Only for the owner of the lock. */
export async function prepareLogFile(path: string, lock: LogLock): Promise<void> {
  const draft = draftOf(path);
  lock.assertHeld();
  // The draft was flushed before the old file got its archive name: with no current file it is the whole memory.
  if (existsSync(path)) rmSync(draft, { force: true });
  else if (existsSync(draft)) renameSync(draft, path);
  closeSync(openSync(path, 'a'));
  await syncDirectory(path);
}

export const draftOf = (path: string) => `${path}.new`;

/** `incident_log.jsonl` → `incident_log.000000001234.jsonl`, after the last sequence number in it. */
export function archiveOf(path: string, lastSeq: number): string {
  const extension = extname(path);
  return join(dirname(path), `${basename(path, extension)}.${String(lastSeq).padStart(12, '0')}${extension}`);
}

/** Archived files, oldest first. */
export function archivesOf(path: string): string[] {
  const extension = extname(path);
  const stem = `${basename(path, extension)}.`;
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(stem) && name.endsWith(extension))
    .filter((name) => /^\d{12,}$/.test(name.slice(stem.length, name.length - extension.length)))
    .sort()
    .map((name) => join(dirname(path), name));
}
