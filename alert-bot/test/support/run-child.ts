import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { tempDir } from './temp-dir.ts';

/** A program of this folder as one file, which starts ten times as fast. */
export async function bundleChild(name: string): Promise<string> {
  const outfile = join(await tempDir(), `${name}.mjs`);
  const entry = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const banner = "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);";
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: banner },
  });
  return outfile;
}

/** Runs it in `dir` until it ends or kills itself at its n-th step; 0 is never. */
export function runChild(
  child: string,
  dir: string,
  killAt: number,
): Promise<{ signal: string | null; output: string }> {
  return new Promise((resolve) => {
    const process_ = spawn(process.execPath, [child, dir, String(killAt)], { timeout: 20_000 });
    let output = '';
    process_.stdout.on('data', (chunk) => {
      output += chunk;
    });
    process_.stderr.on('data', (chunk) => {
      output += chunk;
    });
    process_.once('exit', (_code, signal) => resolve({ signal, output }));
  });
}
