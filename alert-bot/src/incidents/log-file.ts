import { appendFile, type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { IncidentEvent } from './event.ts';
import { toLine } from './log-line.ts';

/** The calls that may fail on a bad disk, so that tests can make them fail. */
export interface LogFs {
  open(
    path: string,
    flags: string,
  ): Promise<Pick<FileHandle, 'write' | 'datasync' | 'sync' | 'truncate' | 'close' | 'stat'>>;
}
export type LogHandle = Awaited<ReturnType<LogFs['open']>>;

export const realFs: LogFs = { open };

export async function writeAll(file: LogHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Events that are made into text at once: a storm must not keep health checks and scrapes waiting. */
const sliceLength = 500;

/**
 * Writes the events as lines, in order. While one slice is on its way to the disk the next is made into text. Returns how
 * many bytes there were. When it fails, some of the first lines may have been written.
 */
export async function writeLines(file: LogHandle, events: readonly IncidentEvent[], position: number): Promise<number> {
  let bytes = 0;
  let writing = Promise.resolve();
  for (let done = 0; done < events.length; done += sliceLength) {
    const text = events
      .slice(done, done + sliceLength)
      .map(toLine)
      .join('');
    await writing;
    const slice = Buffer.from(text);
    writing = writeAll(file, slice, position + bytes);
    writing.catch(() => undefined); // it is awaited a slice later
    bytes += slice.length;
    if (done + sliceLength < events.length) await nextTurn();
  }
  await writing;
  return bytes;
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

/** Creates the file and its directory where they are missing, and finishes a rotation that was cut short. */
export async function prepareLogFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = draftOf(path);
  if (await exists(draft)) {
    // The draft was flushed before the old file got its archive name: with no current file it is the whole memory.
    if (await exists(path)) await rm(draft);
    else await rename(draft, path);
  }
  const file = await open(path, 'a');
  await file.close();
  await syncDirectory(path);
}

/** Cuts a torn last line off at `end` and keeps its bytes beside the log. Returns how many there were. */
export async function cutTornTail(path: string, end: number): Promise<number> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    if (size === end) return 0;
    const torn = Buffer.alloc(size - end);
    await file.read(torn, 0, torn.length, end);
    await appendFile(`${path}.torn`, Buffer.concat([torn, Buffer.from('\n')]), { flush: true });
    await file.truncate(end);
    await file.sync();
    return torn.length;
  } finally {
    await file.close();
  }
}

export const draftOf = (path: string) => `${path}.new`;

/** `incident_log.jsonl` → `incident_log.000000001234.jsonl`, after the last sequence number in it. */
export function archiveOf(path: string, lastSeq: number): string {
  const extension = extname(path);
  return join(dirname(path), `${basename(path, extension)}.${String(lastSeq).padStart(12, '0')}${extension}`);
}

/** Archived files, oldest first. */
export async function archivesOf(path: string): Promise<string[]> {
  const extension = extname(path);
  const stem = `${basename(path, extension)}.`;
  const names = await readdir(dirname(path));
  return names
    .filter((name) => name.startsWith(stem) && name.endsWith(extension))
    .filter((name) => /^\d{12,}$/.test(name.slice(stem.length, name.length - extension.length)))
    .sort()
    .map((name) => join(dirname(path), name));
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
