import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface RunningProgram {
  /** Everything it wrote so far. */
  output(): string;
  kill(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** Starts a program and ends it: SIGTERM, and SIGKILL after five seconds. */
export function startProgram(
  path: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): RunningProgram {
  let output = '';
  const child = spawn(path, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.on('error', (error) => {
    output += String(error);
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  return {
    output: () => output,
    kill: (signal) => {
      child.kill(signal);
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(impatience);
    },
  };
}
