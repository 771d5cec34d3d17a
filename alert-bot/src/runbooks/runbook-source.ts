import { stat } from 'node:fs/promises';
import type { Logger } from '@stack/service-kit/logger';
import { loadChosenRunbooks, usualPath } from './chosen-runbooks.ts';
import type { Policy } from './runbook.ts';

/** The runbooks in force. */
export interface RunbookSource {
  current(): Policy;
  status(): { loadedAt: number; lastError: string | null; count: number };
  stop(): void;
}

export interface RunbookSourceOptions {
  /** Undefined: the usual file, if it is there, else what is built in. */
  path: string | undefined;
  /** The usual file; for tests. */
  usual?: string;
  logger: Logger;
  /** How often the file is looked at, in milliseconds. Polling also sees changes through bind mounts and renames. */
  pollMs?: number;
  now?: () => number;
}

/**
 * Loads the file and loads it again whenever it changes. A file that cannot be used changes nothing: the last good one
 * stays in force and `status().lastError` and the log say why.
 * @throws RunbookError when the first load fails
 */
export async function watchRunbooks(options: RunbookSourceOptions): Promise<RunbookSource> {
  const { path, usual = usualPath, logger, pollMs = 2_000, now = Date.now } = options;
  let mark = await fileMark(path ?? usual);
  let { policy, from } = await loadChosenRunbooks(path, usual);
  logger.info({ from, runbooks: policy.runbooks.length }, 'runbooks loaded');
  let loadedAt = now();
  let lastError: string | null = null;

  async function reload(): Promise<void> {
    const seen = await fileMark(path ?? usual);
    if (seen === mark) return;
    mark = seen;
    try {
      ({ policy, from } = await loadChosenRunbooks(path, usual));
      loadedAt = now();
      lastError = null;
      logger.info({ from, runbooks: policy.runbooks.length }, 'runbooks loaded');
    } catch (error) {
      lastError = (error as Error).message;
      logger.error(
        { path: path ?? usual, problems: lastError },
        'new runbooks refused; the last good ones stay in force',
      );
    }
  }

  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void reload().finally(() => {
      busy = false;
    });
  }, pollMs);
  timer.unref();
  return {
    current: () => policy,
    status: () => ({ loadedAt, lastError, count: policy.runbooks.length }),
    stop: () => clearInterval(timer),
  };
}

/** Changes with the content: an editor that replaces the file changes the inode, one that writes in place the time. */
async function fileMark(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found ? `${found.ino}:${found.mtimeMs}:${found.size}` : 'missing';
}
