import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { repository } from '../src/compose-project.ts';
import { runCommand } from '../src/run-command.ts';

interface Resolved {
  name: string;
  volumes: Record<string, { name: string }>;
  networks: Record<string, { name: string }>;
}

/** What compose makes of a clone in a folder of that name, with the settings of .env.example. */
async function resolve(parent: string, folder: string): Promise<Resolved> {
  const clone = join(parent, folder);
  await mkdir(clone);
  await cp(join(repository, 'docker-compose.yml'), join(clone, 'docker-compose.yml'));
  await cp(join(repository, '.env.example'), join(clone, '.env'));
  const json = await runCommand('docker', ['compose', 'config', '--format', 'json'], { cwd: clone });
  return JSON.parse(json) as Resolved;
}

test('two clones side by side are two projects, whose volumes and networks have different names', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'two-clones-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  const one = await resolve(parent, 'stack');
  const two = await resolve(parent, 'stack-2');
  expect([one.name, two.name]).toEqual(['stack', 'stack-2']);
  const names = ({ volumes, networks }: Resolved) => Object.values({ ...volumes, ...networks }).map(({ name }) => name);
  expect(names(one).length).toBeGreaterThan(5);
  expect(names(one).filter((name) => names(two).includes(name))).toEqual([]);
});
