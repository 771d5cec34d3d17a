import { execFile } from 'node:child_process';

export interface CommandOptions {
  cwd?: string;
  env?: Record<string, string>;
  timeoutMs?: number;
}

/** Runs a program to its end and returns what it printed. @throws Error with both outputs when it fails or takes too long */
export function runCommand(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { cwd, env, timeoutMs = 120_000 } = options;
  return new Promise((resolve, reject) => {
    execFile(
      program,
      [...args],
      { ...(cwd && { cwd }), env: { ...process.env, ...env }, timeout: timeoutMs, maxBuffer: 64 * 1_048_576 },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        reject(
          new Error(`${program} ${args.join(' ')}: ${error.message}\n${stdout.slice(-4_000)}${stderr.slice(-4_000)}`),
        );
      },
    );
  });
}
