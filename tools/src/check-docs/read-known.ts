import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { operations as botOperations } from '@stack/alert-bot/src/http/operations.ts';
import { operations as apiOperations } from '@stack/api/src/operations.ts';
import { parse } from 'yaml';
import { existsIn, type Known } from './check-commands.ts';

/** Served by every service beside its operations. */
const shared = ['/', '/docs', '/openapi.json', '/metrics', '/health', '/health/live', '/faults', '/ui/:view'];

/**
 * What the repository at `root` really has: scripts, services, routes, subcommands.
 * @throws Error when one of its own files cannot be read
 */
export function readKnown(root: string): Known {
  const { services } = parse(read(root, 'docker-compose.yml')) as { services: Record<string, unknown> };
  const paths = (operations: readonly { path: string }[]) => [...shared, ...operations.map(({ path }) => path)];
  return {
    scripts: readScripts(root),
    services: new Set(Object.keys(services)),
    servicesBeside: readServicesBeside(root),
    routes: new Map([
      ['8000', paths(apiOperations)],
      ['5001', paths(botOperations)],
    ]),
    botCommands: new Set(
      [...read(root, 'alert-bot/src/cli/commands.ts').matchAll(/^ {2}alert-bot ([a-z-]+)/gm)].map(
        ([, name]) => name ?? '',
      ),
    ),
    exists: existsIn(root),
  };
}

/** The examples, whose pages are about their own compose file. */
function readServicesBeside(root: string): Map<string, ReadonlySet<string>> {
  const folders = readdirSync(join(root, 'examples'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const paths = folders
    .map(({ name }) => `examples/${name}`)
    .filter((path) => existsSync(join(root, path, 'compose.yml')));
  return new Map(
    paths.map((path) => {
      const { services } = parse(read(root, `${path}/compose.yml`)) as { services: Record<string, unknown> };
      return [path, new Set(Object.keys(services))];
    }),
  );
}

function readScripts(root: string): Map<string, ReadonlySet<string>> {
  const { workspaces, scripts } = readPackage(root, '.');
  const all = new Map<string, ReadonlySet<string>>([['', new Set(Object.keys(scripts))]]);
  for (const folder of workspaces) {
    const { name, scripts: own } = readPackage(root, folder);
    all.set(folder, new Set(Object.keys(own)));
    all.set(name, new Set(Object.keys(own)));
  }
  return all;
}

function readPackage(root: string, folder: string) {
  const {
    name,
    workspaces = [],
    scripts = {},
  } = JSON.parse(read(root, join(folder, 'package.json'))) as {
    name: string;
    workspaces?: string[];
    scripts?: Record<string, string>;
  };
  return { name, workspaces, scripts };
}

const read = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');
