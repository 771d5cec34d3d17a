import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

export interface OsUser {
  name: string;
  uid: number;
  gid: number;
}

/**
 * PostgreSQL refuses to run as root. For root this is who it runs as instead: `postgres` where a package made that user,
 * else `nobody`, who is everywhere. No user is added to anybody's system. `undefined` when we are not root.
 * @throws Error when neither is in /etc/passwd
 */
export async function unprivilegedUser(): Promise<OsUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const wanted of ['postgres', 'nobody']) {
    const entry = users.find(([name]) => name === wanted);
    if (entry) return { name: wanted, uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new Error('PostgreSQL cannot run as root, and this system has no user "postgres" or "nobody" to run it as');
}

/** Whether `user` may pass every directory down to `path`. Looks at the mode bits alone, as most systems do. */
export async function canEnter({ uid, gid }: OsUser, path: string): Promise<boolean> {
  for (let directory = resolve(path); ; directory = dirname(directory)) {
    const status = await stat(directory);
    const bit = status.uid === uid ? 0o100 : status.gid === gid ? 0o010 : 0o001;
    if ((status.mode & bit) === 0) return false;
    if (directory === dirname(directory)) return true;
  }
}
