import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

/** A control group that bounds the memory of the processes in it, as a container's `mem_limit` does. */
export interface MemoryLimit {
  mebibytes: number;
  /** The command line that starts `command` inside the group: for `spawn`, and for `spawnService` through its option. */
  wrap(command: string, args: readonly string[]): { command: string; args: string[] };
  /** Whether the kernel has killed a process of the group because the limit was reached. */
  wasKilled(): boolean;
  /** The most that the group ever used, in bytes: the kernel counts cached files and socket buffers too. */
  peakBytes(): number;
  /** Removes the group. Its processes must have ended. */
  remove(): void;
}

const root = '/sys/fs/cgroup';

/** Version 2 has one tree, version 1 a tree of its own for memory. Docker and systemd mount both below /sys/fs/cgroup. */
const versions = [
  {
    tree: root,
    isThere: () => /\bmemory\b/.test(contentOf(`${root}/cgroup.subtree_control`)),
    limits: (bytes: number) => ({ 'memory.max': bytes, 'memory.swap.max': 0 }),
    events: 'memory.events',
    peak: 'memory.peak',
  },
  {
    tree: `${root}/memory`,
    isThere: () => existsSync(`${root}/memory/memory.limit_in_bytes`),
    limits: (bytes: number) => ({ 'memory.limit_in_bytes': bytes, 'memory.memsw.limit_in_bytes': bytes }),
    events: 'memory.oom_control',
    peak: 'memory.max_usage_in_bytes',
  },
] as const;

let known: boolean | undefined;

/**
 * Whether this machine lets us bound the memory of a process: as root, or with sudo that asks for no password. Where it does not, a notice
 * is printed and the test is to be skipped: `describe.skipIf(!canLimitMemory())`.
 * @throws Error in CI, where nothing that matters is skipped
 */
export function canLimitMemory(): boolean {
  known ??= tryOnce();
  if (known) return true;
  const why =
    'the memory of a process cannot be bounded here: no cgroup can be made (it takes root, or sudo without a password)';
  if (process.env['CI'] === 'true') throw new Error(why);
  process.stderr.write(`\nSkipped: ${why}.\n`);
  return false;
}

function tryOnce(): boolean {
  try {
    createMemoryLimit(64).remove();
    return true;
  } catch {
    return false;
  }
}

/** Call `remove` when its processes have ended. @throws Error where `canLimitMemory` is false */
export function createMemoryLimit(mebibytes: number): MemoryLimit {
  const version = versions.find(({ isThere }) => isThere());
  if (!version) throw new Error('there is no memory controller');
  const group = `${version.tree}/stack-test-${randomBytes(6).toString('hex')}`;
  asRoot(`mkdir ${group}`);
  for (const [file, value] of Object.entries(version.limits(mebibytes * 1_048_576)))
    if (existsSync(`${group}/${file}`)) asRoot(`echo ${value} > ${group}/${file}`); // swap may not be accounted
  return {
    mebibytes,
    // it joins the group, then becomes the command: the pid stays the command's own
    wrap: (command, args) => ({
      command: '/bin/sh',
      args: ['-c', `${join(group)} && exec "$@"`, 'sh', command, ...args],
    }),
    wasKilled: () => /^oom_kill [1-9]/m.test(contentOf(`${group}/${version.events}`)),
    peakBytes: () => Number(contentOf(`${group}/${version.peak}`)),
    remove: () => asRoot(`rmdir ${group}`),
  };
}

const isRoot = process.getuid?.() === 0;

const join = (group: string) =>
  isRoot ? `echo $$ > ${group}/cgroup.procs` : `echo $$ | sudo -n tee ${group}/cgroup.procs > /dev/null`;

function asRoot(script: string): void {
  const [command = '', ...args] = isRoot ? ['/bin/sh', '-c', script] : ['sudo', '-n', '/bin/sh', '-c', script];
  execFileSync(command, args, { stdio: 'pipe' });
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
