import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import type { IncidentEvent } from './event.ts';
import type { LogLock } from './held-lock.ts';
import { archiveOf, archivesOf, draftOf, type LogFs, syncDirectory, writeAll } from './log-file.ts';
import { withHead } from './log-line.ts';
import type { LogMemory } from './log-memory.ts';
import { writeLines } from './write-lines.ts';

export interface Rotation {
  path: string;
  memory: LogMemory;
  fs: LogFs;
  lock: LogLock;
  lastSeq: number;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Archives the file and puts a new one in its place that begins with the memory, so that no older file is needed to come
 * back. The new file is complete and flushed before the old one loses its name. When it fails the old one is in use as before.
 * The memory must not change meanwhile. A file that somebody deleted is not archived, only replaced.
 */
export async function rotateLog(rotation: Rotation): Promise<{ bytes: number; seq: number }> {
  const { path, lock, lastSeq } = rotation;
  const archive = archiveOf(path, lastSeq);
  try {
    const written = await writeDraft(rotation, basename(archive));
    lock.assertHeld();
    if (existsSync(path)) renameSync(path, archive);
    lock.assertHeld();
    renameSync(draftOf(path), path);
    await syncDirectory(path);
    return written;
  } catch (error) {
    undo(path, archive, lock);
    throw error;
  }
}

async function writeDraft({ path, memory, fs, lock, lastSeq, now }: Rotation, previous: string) {
  const at = new Date(now).toISOString();
  let seq = lastSeq;
  function* events(): Generator<IncidentEvent> {
    yield withHead({ at, incident: null, type: 'rotated', previous, carried: countOf(memory.snapshot()) }, ++seq);
    for (const entry of memory.snapshot()) yield withHead({ at, ...entry, type: 'carried' }, ++seq);
  }
  lock.assertHeld();
  rmSync(draftOf(path), { force: true });
  const draft = await fs.open(draftOf(path), 'ax'); // never one that another bot has begun
  try {
    const bytes = await writeLines(events(), (bytes) => {
      lock.assertHeld();
      return writeAll(draft, bytes);
    });
    await draft.sync();
    return { bytes, seq };
  } finally {
    await draft.close();
  }
}

function countOf(entries: Iterable<unknown>): number {
  let count = 0;
  for (const _entry of entries) count += 1;
  return count;
}

/** The file was not archived yet, or it takes its name back. */
function undo(path: string, archive: string, lock: LogLock): void {
  try {
    lock.assertHeld();
    rmSync(draftOf(path), { force: true });
    if (existsSync(archive)) renameSync(archive, path);
  } catch {
    // without the lock nothing is touched; and what cannot be renamed now is found by the next start
  }
}

/** Deletes all but the newest `kept` archives. */
export function dropArchives(path: string, kept: number, lock: LogLock): void {
  const archives = archivesOf(path);
  for (const archive of archives.slice(0, Math.max(0, archives.length - kept))) {
    lock.assertHeld();
    rmSync(archive, { force: true });
  }
}
