import { execFile } from 'node:child_process';

export interface ToolResult {
  ok: boolean;
  /** Standard output and error, in this order. */
  output: string;
}

/** Runs a program to its end; a failing one is a result and not an exception. */
export function runTool(
  path: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<ToolResult> {
  return new Promise((resolve) => {
    execFile(path, args, { encoding: 'utf8', env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ ok: error === null, output: `${stdout}${stderr}${error && !stdout && !stderr ? error.message : ''}` });
    });
  });
}
