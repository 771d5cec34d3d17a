import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian releases whose programs `.ci/debian-tools` unpacks, newest first. */
const suites = ['forky', 'bookworm'];

const cache = process.env['DEBIAN_TOOLS_DIR'] || join(import.meta.dirname, '../../.cache/debian-tools');

/** How a person or a CI job gets what `findTools` did not find. */
export const howToGetTools = 'run .ci/debian-tools, or put them on the PATH';

/**
 * Every installation of `name` (promtool, prometheus, amtool, alertmanager, …): those that `.ci/debian-tools` unpacked, newest
 * first, then the PATH. Each program is listed once.
 */
export function findTools(name: string): string[] {
  const unpacked = suites.map((suite) => join(cache, suite, 'usr/bin'));
  const folders = [...unpacked, ...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean)];
  const found = new Map<string, string>();
  for (const path of folders.map((folder) => join(folder, name)).filter(isExecutable)) {
    const program = realpathSync(path);
    if (!found.has(program)) found.set(program, path);
  }
  return [...found.values()];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
