import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ of Linux on every architecture that Node runs on: /proc counts CPU time in hundredths of a second. */
const ticksPerSecond = 100;

interface ProcessStat {
  pid: number;
  parent: number;
  /** Its own CPU time and that of children that ended, in seconds. */
  cpuSeconds: number;
}

/**
 * CPU seconds, user and system, of a process and all its descendants, ended children included. Resolution 10 ms.
 * Source: proc_pid_stat(5), fields utime, stime, cutime and cstime. @throws Error when the process is gone
 */
export function cpuSecondsOf(pid: number): number {
  const all = allProcesses();
  if (!all.some((process) => process.pid === pid)) throw new Error(`process ${pid} is gone`);
  return treeOf(pid, all).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}

function treeOf(root: number, all: readonly ProcessStat[]): ProcessStat[] {
  const own = all.filter(({ pid }) => pid === root);
  const children = all.filter(({ parent }) => parent === root);
  return [...own, ...children.flatMap(({ pid }) => treeOf(pid, all))];
}

function allProcesses(): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? []);
}

function readStat(pid: number): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the command's name, in brackets, may hold anything: fields are counted from its end
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
    return { pid, parent: fields[1] ?? 0, cpuSeconds: (utime + stime + cutime + cstime) / ticksPerSecond };
  } catch {
    return undefined; // it ended while we were looking
  }
}
