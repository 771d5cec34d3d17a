import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { type FileHandle, link, open, readFile, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { holdLock, type LogLock } from './held-lock.ts';
import { identityOf, type LockOwner, parseOwner } from './lock-owner.ts';

/** Another living bot owns the log. */
export class LogLocked extends Error {
  override readonly name = 'LogLocked';
}

export interface LogLockOptions {
  /** How often the owner shows that it lives, in milliseconds. */
  heartbeatMs?: number;
  /** How long a silent owner is watched before it counts as dead, in milliseconds. */
  watchMs?: number;
  /** Called once when the lock is found to be ours no more; within a heartbeat at the latest. */
  onLost?: () => void;
}

/**
 * One owner per log, also across containers that share a volume. Node has no flock, PIDs mean nothing in another PID
 * namespace, and file times mean nothing when the clock is set back; so the owner is judged in two ways. In our own PID
 * namespace the kernel says at once whether that very process lives: a bot that was killed comes back without waiting.
 * Otherwise the lock file is watched: an owner touches it every second, and one that is silent for `watchMs` of our own
 * (monotonic) time is dead. Nothing compares clocks.
 * @throws LogLocked
 */
export async function lockLog(
  path: string,
  { heartbeatMs = 1_000, watchMs = 5_000, onLost = () => undefined }: LogLockOptions = {},
): Promise<LogLock> {
  const me: LockOwner = { token: randomUUID(), ...(await identityOf(process.pid)) };
  const content = JSON.stringify(me);
  for (let tries = 0; ; tries += 1) {
    const file = await createExclusively(path, content);
    if (file) return holdLock({ path, content, file, heartbeatMs, onLost });
    const seen = await readFile(path, 'utf8').catch(() => undefined);
    if (seen === undefined) continue; // released in between
    if (tries > 20 || (await isAlive(path, seen, watchMs)))
      throw new LogLocked(
        `${path}: another alert bot owns this incident log. Stop it, or give this one its own INCIDENT_LOG_PATH.`,
      );
    takeAway(path, seen, me.token);
  }
}

/** The lock as an open file, or undefined when there is one already. */
async function createExclusively(path: string, content: string): Promise<FileHandle | undefined> {
  // Written whole before it gets its name: nobody ever reads half a lock.
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'wx+');
  try {
    await file.writeFile(content);
    await link(draft, path);
    return file;
  } catch (error) {
    await file.close();
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function isAlive(path: string, seen: string, watchMs: number): Promise<boolean> {
  const owner = parseOwner(seen);
  const mine = await identityOf(process.pid);
  if (owner && owner.boot === mine.boot && owner.namespace === mine.namespace && owner.boot !== '')
    return (await identityOf(owner.pid)).startedAt === owner.startedAt;
  return showsLife(path, seen, watchMs);
}

async function showsLife(path: string, seen: string, watchMs: number): Promise<boolean> {
  const before = await markOf(path);
  const stepMs = Math.min(250, watchMs);
  for (let waited = 0; waited < watchMs; waited += stepMs) {
    await delay(stepMs);
    if ((await markOf(path)) !== before) return (await readFile(path, 'utf8').catch(() => '')) !== '';
  }
  return (await readFile(path, 'utf8').catch(() => seen)) !== seen;
}

const markOf = async (path: string) => {
  const found = await stat(path).catch(() => undefined);
  return found ? `${found.ino}:${found.mtimeMs}` : 'missing';
};

/**
 * Two bots may judge the same lock dead at once, so it is read once more in the turn in which it is moved: the one that was
 * faster stops for good when its new lock is taken away, were it for a moment only. And a lock that was moved all the same
 * is put back.
 */
function takeAway(path: string, judged: string, token: string): void {
  const aside = `${path}.dead-${token}`;
  try {
    if (readFileSync(path, 'utf8') !== judged) return;
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') !== judged) linkSync(aside, path);
  } catch {
    // released, or taken by another bot in between: the next try sees who has it
  }
  rmSync(aside, { force: true });
}
