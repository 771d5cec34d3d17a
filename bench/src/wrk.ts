import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { otherCores, pinned } from './pinning.ts';

const run = promisify(execFile);

export interface WrkOptions {
  url: string;
  connections: number;
  seconds: number;
  /** A Lua file that makes the requests; GET without it. */
  script?: string | undefined;
}

export interface WrkResult {
  requests: number;
  requestsPerSecond: number;
  p99Ms: number;
  /** Of one core: at 1 the generator is what limits. */
  generatorShare: number;
}

/** Closed loop over keep-alive connections. @throws Error when a request failed or was answered with anything but 2xx or 3xx */
export async function runWrk({ url, connections, seconds, script }: WrkOptions): Promise<WrkResult> {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...(script ? ['-s', script] : []), url];
  const [command, ...rest] = pinned(otherCores(), 'wrk', ...args);
  const cpuBefore = endedChildrenCpuSeconds();
  const { stdout } = await run(command, rest);
  return { ...parseWrk(stdout), generatorShare: (endedChildrenCpuSeconds() - cpuBefore) / seconds };
}

/** @throws Error when the output tells of failed requests or lacks a number */
export function parseWrk(output: string): Omit<WrkResult, 'generatorShare'> {
  const failed = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(output)?.[0];
  if (failed && !/connect 0, read 0, write 0, timeout 0/.test(failed)) throw new Error(`wrk: ${failed}`);
  const find = (pattern: RegExp) => {
    const found = pattern.exec(output);
    if (!found) throw new Error(`wrk printed no ${pattern}:\n${output}`);
    return found;
  };
  const [, p99 = '', unit = ''] = find(/^\s+99%\s+([\d.]+)(us|ms|s)\s*$/m);
  return {
    requests: Number(find(/^\s+(\d+) requests in/m)[1]),
    requestsPerSecond: Number(find(/^Requests\/sec:\s+([\d.]+)/m)[1]),
    p99Ms: Number(p99) * ({ us: 0.001, ms: 1, s: 1_000 }[unit] ?? Number.NaN),
  };
}

/** CPU time of this process's children that have ended: of wrk, when nothing else ends meanwhile. Source: proc_pid_stat(5). */
function endedChildrenCpuSeconds(): number {
  const text = readFileSync('/proc/self/stat', 'utf8');
  const [cutime = 0, cstime = 0] = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .slice(13, 15)
    .map(Number);
  return (cutime + cstime) / 100;
}
