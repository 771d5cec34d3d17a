import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { eachLine } from './log-lines.ts';

const recipe = fileURLToPath(new URL('../../.ci/debian-tools', import.meta.url));

/** Only where apt can verify what it downloads. */
export const canFetchPrograms = (): boolean =>
  process.platform === 'linux' && ['/usr/bin/apt-get', '/usr/bin/dpkg-deb', '/usr/bin/flock', recipe].every(exists);

/**
 * Fills the cache with the programs from Debian packages: no root, nothing on the system changes, apt checks the signatures.
 * @returns whether it worked; what went wrong was told
 */
export async function fetchPrograms(tell: (line: string) => void): Promise<boolean> {
  tell('Prometheus, Alertmanager and the exporters are not installed: fetching Debian packages (about 80 MB, once)');
  const child = spawn(recipe, ['forky'], { stdio: ['ignore', 'ignore', 'pipe'] });
  eachLine(child.stderr as Readable, tell);
  const begun = Date.now();
  const heartbeat = setInterval(
    () => tell(`… still fetching after ${Math.round((Date.now() - begun) / 1_000)} s`),
    10_000,
  );
  const stop = () => child.kill('SIGTERM');
  process.once('exit', stop);
  const [code] = await once(child, 'exit').catch((error: Error) => [error.message]);
  process.off('exit', stop);
  clearInterval(heartbeat);
  if (code !== 0) tell(`fetching failed (${code}); the rest of the stack starts without them`);
  return code === 0;
}

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
