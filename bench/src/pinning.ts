import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

/**
 * One core is the measured server's alone; load generator, database and this process share the others. With a single
 * core there is nothing to separate, and everything runs everywhere.
 */
export const serverCores = '0';
export const otherCores = (count = cpus().length): string => (count > 2 ? `1-${count - 1}` : count === 2 ? '1' : '0');

export const allCores = (count = cpus().length): string => `0-${count - 1}`;

/** The command line that runs a program on those cores only. */
export const pinned = (cores: string, command: string, ...args: string[]): [string, ...string[]] => [
  'taskset',
  '-c',
  cores,
  command,
  ...args,
];

/** Moves a running process with all its threads; children that it starts later stay there too. @throws Error when it is gone */
export function pinProcess(pid: number, cores: string): void {
  execFileSync('taskset', ['-a', '-p', '-c', cores, String(pid)], { stdio: 'ignore' });
}
