import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { toolNodePackage, toolNodePath } from './tool-node.ts';

const run = promisify(execFile);

/** Something that `npm ci` does not bring. */
export interface Requirement {
  /** What is missing, in the refusal. */
  name: string;
  /** The command that brings it. */
  command: string;
  isThere(): Promise<boolean>;
}

/** A program on the PATH, from a Debian package. */
const program = (name: string, debianPackage: string): Requirement => ({
  name,
  command: `apt-get install -y --no-install-recommends ${debianPackage}`,
  isThere: async () => (await findProgram(name)) !== undefined,
});

/** @returns its path, or nothing when it is not on the PATH */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, name);
    if (await canExecute(path)) return path;
  }
  return undefined;
}

const canExecute = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** Debian's Python: packages of the distribution are installed for this one, whatever other `python3` is on the PATH. */
export const debianPython = '/usr/bin/python3';

const succeeds = (file: string, ...args: string[]) =>
  run(file, args, { timeout: 20_000 }).then(
    () => true,
    () => false,
  );

export const wrk = program('wrk', 'wrk');
export const taskset = program('taskset', 'util-linux');
export const psql = program('psql', 'postgresql-client');
export const flask: Requirement = {
  name: 'Flask, gunicorn, psycopg2 and prometheus_client of Debian',
  command:
    'apt-get install -y --no-install-recommends python3-flask gunicorn python3-psycopg2 python3-prometheus-client',
  isThere: () => succeeds(debianPython, '-c', 'import flask, gunicorn, psycopg2, prometheus_client'),
};
export const imageNode: Requirement = {
  name: 'Node 24, which the images run',
  command: `npm install --no-audit --no-fund --no-package-lock --prefix bench/.tools ${toolNodePackage}`,
  isThere: () => canExecute(toolNodePath()),
};
const contendersLock = fileURLToPath(new URL('../reference/node_modules/.package-lock.json', import.meta.url));
export const referencePackages: Requirement = {
  name: 'fastify, graphile-worker and pg-boss',
  command: 'npm ci --no-audit --no-fund --ignore-scripts --prefix bench/reference',
  isThere: () =>
    access(contendersLock).then(
      () => true,
      () => false,
    ),
};
export const chromiumPath = '/usr/bin/chromium';
export const chromium: Requirement = {
  name: 'Chromium',
  command: 'apt-get install -y --no-install-recommends chromium',
  isThere: () => canExecute(chromiumPath),
};
export const dockerEngine: Requirement = {
  name: 'a running Docker engine that this user may use',
  command: 'systemctl start docker   # on a machine without one: .ci/engine/up',
  isThere: () => succeeds('docker', 'version', '--format', '{{.Server.Version}}'),
};

/** The refusal, or nothing when everything is there. */
export async function refusalFor(needs: readonly Requirement[]): Promise<string | undefined> {
  const there = await Promise.all(needs.map((need) => need.isThere()));
  const missing = needs.filter((_, index) => !there[index]);
  if (missing.length === 0) return undefined;
  const lines = missing.map(({ name, command }) => `  ${command}\n      for ${name}`);
  return `Not everything that is compared with is installed. Type:\n${lines.join('\n')}`;
}
