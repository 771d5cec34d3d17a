import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** The pids of a process's children, now: from /proc, or by pgrep where there is none (macOS). */
export async function childPids(pid: number): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => pgrep(pid));
  return list.split(/\s+/).filter(Boolean).map(Number);
}

function pgrep(pid: number): Promise<string> {
  return new Promise((resolve) => {
    execFile('pgrep', ['-P', String(pid)], (_error, stdout) => resolve(stdout)); // exit code 1: none
  });
}
