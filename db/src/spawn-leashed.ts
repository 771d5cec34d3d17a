import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

export interface LeashOptions {
  /** What the process gets when we are gone. */
  orphanSignal: 'QUIT' | 'KILL' | 'TERM';
  /** A directory to delete after that. */
  removeDirectory?: string | undefined;
  cwd?: string | undefined;
  env?: NodeJS.ProcessEnv | undefined;
  uid?: number | undefined;
  gid?: number | undefined;
}

/**
 * Starts a watcher beside the command and then becomes the command (exec), so that the child's pid, signals and exit code
 * are the command's own. The watcher waits on file descriptor 3, whose other end only we hold: a line means that the
 * command ended while we watched; end of file means that we are gone, however we went. It is a grandchild, because
 * PostgreSQL takes the death of a child that it did not start for a crash. Stopped processes are woken first, or they
 * would never see the signal.
 */
const leash = `
signal=$1; remove=$2; shift 2
( (
  if read -r line <&3; then exit; fi
  children=$(cat "/proc/$$/task/$$/children" 2>/dev/null || pgrep -P $$)
  kill -CONT $$ $children; kill -s "$signal" $$
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do kill -0 $$ || break; sleep 0.25; done
  kill -KILL $$ $children
  if [ -n "$remove" ]; then rm -rf "$remove"; fi
) </dev/null 3<&3 >/dev/null 2>&1 & )
exec "$@" 3<&-
`;

/**
 * Starts a process that does not outlive this one, also when this one dies of SIGKILL. It leads a session of its own, so
 * Ctrl-C in the terminal does not reach it: we decide when it stops. Standard output and error are pipes: read them.
 */
export function spawnLeashed(command: string, args: readonly string[], options: LeashOptions): ChildProcess {
  const { orphanSignal, removeDirectory = '', ...rest } = options;
  const spawnOptions = { ...rest, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] } as SpawnOptions;
  const child = spawn('/bin/sh', ['-c', leash, 'sh', orphanSignal, removeDirectory, command, ...args], spawnOptions);
  const line = child.stdio[3] as Writable;
  line.on('error', () => undefined); // the watcher may be gone first
  child.once('exit', () => line.end('ended\n'));
  return child;
}
