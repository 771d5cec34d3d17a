import { readFile } from 'node:fs/promises';

/** Of one process, in MB (10⁶ bytes). */
export interface Memory {
  /** What is in memory for it, pages that it shares with others included. */
  residentMb: number;
  /** The same with shared pages divided among those who share them: the sum over all processes is what is used. */
  proportionalMb: number;
}

/** @throws Error where the process is gone, or the system has no /proc */
export async function memoryOf(pid: number): Promise<Memory> {
  return parseMemory(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8'));
}

/** @throws RangeError when a line is missing */
export function parseMemory(smaps: string): Memory {
  const megabytes = (name: string) => {
    const [, kibibytes] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(smaps) ?? [];
    if (kibibytes === undefined) throw new RangeError(`no ${name} in smaps_rollup`);
    return (Number(kibibytes) * 1_024) / 1e6;
  };
  return { residentMb: megabytes('Rss'), proportionalMb: megabytes('Pss') };
}
