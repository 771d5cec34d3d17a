import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { link, open, readFile, readlink, rename, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Another living bot owns the log. */
export class LogLocked extends Error {
  override readonly name = 'LogLocked';
}

export interface LogLock {
  /** Whether the lock is still ours: a bot that was frozen for long may have lost it. */
  held(): boolean;
  release(): Promise<void>;
}

export interface LogLockOptions {
  /** How often the owner shows that it lives, in milliseconds. */
  heartbeatMs?: number;
  /** How long a silent owner is watched before it counts as dead, in milliseconds. */
  watchMs?: number;
}

interface Owner {
  token: string;
  /** Boot, PID namespace, PID and start time: together they name one process of one machine for ever. */
  boot: string;
  namespace: string;
  pid: number;
  startedAt: string;
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
  { heartbeatMs = 1_000, watchMs = 5_000 }: LogLockOptions = {},
): Promise<LogLock> {
  const me: Owner = { token: randomUUID(), ...(await identityOf(process.pid)) };
  const content = JSON.stringify(me);
  for (let tries = 0; !(await createExclusively(path, content)); tries += 1) {
    const seen = await readFile(path, 'utf8').catch(() => undefined);
    if (seen === undefined) continue; // released in between
    if (tries > 20 || (await isAlive(path, seen, watchMs)))
      throw new LogLocked(
        `${path}: another alert bot owns this incident log. Stop it, or give this one its own INCIDENT_LOG_PATH.`,
      );
    await takeAway(path, seen, me.token);
  }
  const held = await watchOwn(path, content);
  const heartbeat = setInterval(() => void touch(path), heartbeatMs);
  heartbeat.unref();
  return {
    held,
    release: async () => {
      clearInterval(heartbeat);
      if (held()) await rm(path, { force: true });
      await held.close();
    },
  };
}

/**
 * Whether `path` is still our lock, asked before every write, so with one call: the same file of the same length. Ours is
 * kept open, for as long as that nobody else's can get its inode number.
 */
async function watchOwn(path: string, content: string) {
  const file = await open(path, 'r');
  const { dev, ino } = await file.stat();
  const held = () => {
    const found = lookAt(path);
    return found !== undefined && found.ino === ino && found.dev === dev && found.size === content.length;
  };
  return Object.assign(held, { close: () => file.close() });
}

/** At once: a few microseconds here, where a trip through the thread pool before every write is forty. */
function lookAt(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

async function createExclusively(path: string, content: string): Promise<boolean> {
  // Written whole before it gets its name: nobody ever reads half a lock.
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'wx');
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
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

/** Two bots may judge the same lock dead at once: who moved a lock other than the one it judged puts it back. */
async function takeAway(path: string, judged: string, token: string): Promise<void> {
  const aside = `${path}.dead-${token}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8')) !== judged) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined); // a lost lock is noticed by held()
}

async function identityOf(pid: number): Promise<Omit<Owner, 'token'>> {
  const [boot, namespace, status] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
  ]);
  // Field 22, counted after the command name, which may contain anything, spaces and brackets too.
  const startedAt = status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  const zombie = status.slice(status.lastIndexOf(')') + 2).startsWith('Z');
  return { boot: boot.trim(), namespace, pid, startedAt: zombie ? 'zombie' : startedAt };
}

function parseOwner(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return undefined;
  }
}
