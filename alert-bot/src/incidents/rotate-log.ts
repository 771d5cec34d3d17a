import { rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { archiveOf, archivesOf, draftOf, type LogFs, syncDirectory, writeLines } from './log-file.ts';
import { withHead } from './log-line.ts';
import type { LogMemory } from './log-memory.ts';

export interface Rotation {
  path: string;
  memory: LogMemory;
  fs: LogFs;
  lastSeq: number;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Archives the file and puts a new one in its place that begins with the memory, so that no older file is needed to come
 * back. The new file is complete and flushed before the old one loses its name. When it fails the old one is in use as before.
 */
export async function rotateLog({ path, memory, fs, lastSeq, now }: Rotation): Promise<{ bytes: number; seq: number }> {
  const archive = archiveOf(path, lastSeq);
  const at = new Date(now).toISOString();
  const carried = [...memory.snapshot()].map((entry) => ({ at, ...entry, type: 'carried' as const }));
  const first = { at, incident: null, type: 'rotated' as const, previous: basename(archive), carried: carried.length };
  let seq = lastSeq;
  const events = [first, ...carried].map((event) => withHead(event, ++seq));
  try {
    const draft = await fs.open(draftOf(path), 'w');
    const bytes = await writeLines(draft, events, 0)
      .then(async (written) => {
        await draft.sync();
        return written;
      })
      .finally(() => draft.close());
    await rename(path, archive);
    await rename(draftOf(path), path);
    await syncDirectory(path);
    return { bytes, seq };
  } catch (error) {
    await rm(draftOf(path), { force: true }).catch(() => undefined);
    await rename(archive, path).catch(() => undefined); // it was not archived yet, or it takes its name back
    throw error;
  }
}

/** Deletes all but the newest `kept` archives. */
export async function dropArchives(path: string, kept: number): Promise<void> {
  const archives = await archivesOf(path);
  for (const archive of archives.slice(0, Math.max(0, archives.length - kept))) await rm(archive, { force: true });
}
