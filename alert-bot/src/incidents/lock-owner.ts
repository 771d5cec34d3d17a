import { readFile, readlink } from 'node:fs/promises';

export interface LockOwner {
  token: string;
  /** Boot, PID namespace, PID and start time: together they name one process of one machine for ever. */
  boot: string;
  namespace: string;
  pid: number;
  startedAt: string;
}

/** What names this process, or another one of the same machine and PID namespace. */
export async function identityOf(pid: number): Promise<Omit<LockOwner, 'token'>> {
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

export function parseOwner(text: string): LockOwner | undefined {
  try {
    return JSON.parse(text) as LockOwner;
  } catch {
    return undefined;
  }
}
