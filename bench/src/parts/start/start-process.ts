import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Memory, memoryOf } from './memory.ts';

export interface StartCommand {
  command: readonly [string, ...string[]];
  env: Record<string, string>;
}

export interface StartedProcess {
  /** From the call that starts the process until its line `listening` has arrived here. */
  startMs: number;
  memory: Memory;
}

/**
 * Starts a server, reads its memory `idleMs` after it listens, and kills it.
 * @throws Error with its output when it ends, or does not listen within 10 s
 */
export async function startProcess({ command, env }: StartCommand, idleMs: number): Promise<StartedProcess> {
  const [file, ...args] = command;
  const startedAt = performance.now();
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', HOST: '127.0.0.1', PORT: '0', ...env },
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    await listening(child);
    const startMs = performance.now() - startedAt;
    await sleep(idleMs);
    return { startMs, memory: await memoryOf(child.pid as number) };
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
}

function listening(child: ChildProcess): Promise<void> {
  let output = '';
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(`${child.spawnargs.join(' ')} does not listen:\n${output}`));
    const timer = setTimeout(fail, 10_000);
    child.once('error', reject);
    child.once('exit', fail);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        output = (output + chunk).slice(-4_000);
        if (!output.includes('"listening"')) return;
        clearTimeout(timer);
        resolve();
      });
  });
}
