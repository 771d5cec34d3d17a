import { cutTornTail } from './cut-torn-tail.ts';
import type { IncidentEvent, NewEvent } from './event.ts';
import type { MissedEvents } from './events-since.ts';
import { FileIncidentLog } from './file-incident-log.ts';
import { type LogFs, makeLogDirectory, prepareLogFile, realFs } from './log-file.ts';
import { type LogLockOptions, lockLog } from './log-lock.ts';
import type { LogMemory } from './log-memory.ts';
import { type LogRecovery, replayLog } from './log-replay.ts';
import { OwnedFile } from './owned-file.ts';
import type { Timeline } from './timeline.ts';
import type { Traced } from './timeline-reader.ts';

export { LogLost, LogUnwritable } from './log-unwritable.ts';

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
  /** Called when somebody had deleted, replaced or changed the file, and a new one was begun with the memory. */
  onRestored?: () => void;
}

export interface IncidentLog {
  readonly recovery: LogRecovery;
  /**
   * Resolves when the events are on disk and in the memory. Calls that overlap share one write and one flush. Several
   * events of one call are written together or not at all.
   * @throws LogUnwritable; LogLost when the log is not ours any more
   */
  append(events: readonly NewEvent[]): Promise<readonly IncidentEvent[]>;
  /** The events of one incident, from this file and the archived ones. */
  timeline(incident: Traced): Promise<Timeline>;
  /** The events with a sequence number above `seq`, as far as the end of the log has them. */
  since(seq: number): Promise<MissedEvents>;
  /** `seq` is that of the last event; -1 when there is none. */
  stats(): { path: string; bytes: number; errors: number; writable: boolean; seq: number };
  /** After a failure: tries whether the disk takes something again, so that `writable` is the truth without a delivery. */
  mend(): void;
  close(): Promise<void>;
}

/**
 * Opens the log: takes the lock, mends a torn tail, replays into the memory. Nothing is touched before the lock is ours.
 * @throws LogLocked
 */
export async function openIncidentLog(options: IncidentLogOptions): Promise<IncidentLog> {
  const { path, fs = realFs } = options;
  makeLogDirectory(path);
  const lock = await lockLog(`${path}.lock`, options.lock);
  try {
    await prepareLogFile(path, lock);
    const { recovery, end, seq } = await replayLog(path, options.memory);
    recovery.tornBytes = await cutTornTail(path, end, lock, fs);
    const file = await OwnedFile.open({ path, lock, fs, size: end });
    return new FileIncidentLog(options, { lock, recovery, file, seq, fs });
  } catch (error) {
    await lock.release();
    throw error;
  }
}
