import { execFile } from 'node:child_process';

export interface RunOptions {
  cwd?: string | undefined;
  uid?: number | undefined;
  gid?: number | undefined;
}

/** Runs a program to its end. @throws Error with everything that it printed when it fails */
export function runProgram(file: string, args: readonly string[], options: RunOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
    execFile(file, args, { ...options, env } as object, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stdout}${stderr}`, { cause: error }));
      else resolve(stdout.toString());
    });
  });
}
