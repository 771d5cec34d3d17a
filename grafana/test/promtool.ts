import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const unpacked = ['forky', 'bookworm'].map((suite) =>
  join(import.meta.dirname, '../../.cache/debian-tools', suite, 'usr/bin'),
);

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Every promtool on this machine: the unpacked Debian ones (`.ci/debian-tools`), newest first, then those on the PATH. */
export const findPromtools = (): string[] =>
  [...unpacked, ...(process.env['PATH'] ?? '').split(delimiter)]
    .map((dir) => join(dir, 'promtool'))
    .filter(isExecutable);

/**
 * Lets promtool judge each expression as a rule of its own.
 * @returns its complaints, empty when all of them parse
 */
export function checkExpressions(promtool: string, exprs: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'expressions-'));
  const file = join(folder, 'rules.yml');
  // JSON is YAML, and needs no care with quotes
  const rules = exprs.map((expr, index) => ({ record: `expression:${index}`, expr }));
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'expressions', rules }] }));
  try {
    execFileSync(promtool, ['check', 'rules', file], { encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return `${stdout ?? ''}${stderr ?? ''}` || String(error);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
