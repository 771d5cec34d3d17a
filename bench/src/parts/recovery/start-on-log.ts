import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Sample } from '../../interleave.ts';

export interface Command {
  command: readonly [string, ...string[]];
  env: Record<string, string>;
}

export interface StartSample extends Sample {
  /** From the call that starts the process until its line `listening` has arrived here. */
  readyMs: number;
  /** The most that was resident until then, in MB (10⁶ bytes). */
  peakMb: number;
}

/**
 * Starts a process, waits until it says `listening`, and ends it: with SIGKILL, so that the next start is one after a crash.
 * @throws Error with its output when it ends before, or says nothing for a minute
 */
export async function startOnLog({ command, env }: Command, signal: NodeJS.Signals = 'SIGKILL'): Promise<StartSample> {
  const [file, ...args] = command;
  const startedAt = performance.now();
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', HOST: '127.0.0.1', PORT: '0', ...env },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let output = '';
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = () => reject(new Error(`${command.join(' ')} is not ready:\n${output.slice(-4_000)}`));
      const timer = setTimeout(fail, 60_000);
      child
        .once('error', reject)
        .once('exit', fail)
        .once('exit', () => clearTimeout(timer));
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk;
        if (!output.includes('"listening"')) return;
        clearTimeout(timer);
        resolve();
      });
    });
    const readyMs = performance.now() - startedAt;
    return { readyMs, peakMb: peakMbOf(readFileSync(`/proc/${child.pid}/status`, 'utf8')) };
  } finally {
    child.kill(signal);
    await ended;
  }
}

/** @throws RangeError when the line is missing */
export function peakMbOf(status: string): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  if (kibibytes === undefined) throw new RangeError('no VmHWM in /proc/<pid>/status');
  return (Number(kibibytes) * 1_024) / 1e6;
}
