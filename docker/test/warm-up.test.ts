import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleService } from '../../tools/build/bundle-service.mjs';

const run = promisify(execFile);
const script = join(import.meta.dirname, '../warm-up');
const hasCompileCache = Number(process.versions.node.split('.')[0]) >= 22;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'warm-up-'));
  await bundleService('worker', join(directory, 'main.js'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const warmUp = (...command: string[]) =>
  run(script, command, {
    env: {
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
      NODE_COMPILE_CACHE: join(directory, '.compile-cache'),
    },
  });

test('leaves a cache that uid 0 and uid 1000 both find; a Node that knows no cache leaves none', async () => {
  await warmUp('node', join(directory, 'main.js'));
  const entries = await readdir(join(directory, '.compile-cache')).catch(() => []);
  if (!hasCompileCache) return expect(entries).toEqual([]);
  const uids = entries.map((entry) => entry.split('-').at(-1)).sort();
  expect(uids).toEqual(expect.arrayContaining(['0', '1000']));
  const own = entries.find((entry) => entry.endsWith(`-${process.getuid?.()}`)) ?? '';
  expect(await readdir(join(directory, '.compile-cache', own))).not.toEqual([]);
  const other = entries.find((entry) => entry !== own) ?? '';
  expect(await readlink(join(directory, '.compile-cache', other))).toBe(own);
});

test('a service that does not start fails the build, in its own words', async () => {
  await expect(warmUp('node', '-e', 'throw new Error("no such luck")')).rejects.toThrow(
    /no such luck[\s\S]*did not listen/,
  );
});
