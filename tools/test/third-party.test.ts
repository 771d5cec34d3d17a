import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { askRunServer } from '@stack/test-kit/run-server';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { thirdPartyNotices } from '../build/third-party.mjs';

const root = mkdtempSync(join(tmpdir(), 'third-party-'));
afterAll(() => rmSync(root, { recursive: true }));

function addPackage(folder: string, manifest: object, licence?: string): void {
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, 'package.json'), JSON.stringify(manifest));
  if (licence !== undefined) writeFileSync(join(root, folder, 'LICENSE.md'), licence);
}
addPackage('node_modules/a', { name: 'a', version: '1.0.0', license: 'MIT' }, 'text of a');
addPackage('node_modules/@s/b', { name: '@s/b', version: '2.0.0', license: 'ISC' });
addPackage('node_modules/a/node_modules/c', { name: 'c', version: '3.0.0' }, 'text of c');
addPackage('node_modules/bad', { name: 'bad', version: '4.0.0' });

describe('the notices of a bundle', () => {
  it('name each package once, also a scoped one, one in another, and one that a plugin loads', () => {
    const inputs = ['src/main.ts', 'node_modules/a/x.js', 'node_modules/a/y.js', 'node_modules/@s/b/z.js'];
    const nested = [`late:${root}/node_modules/a/node_modules/c/c.js`, 'left-out:ssh2'];
    const text = thirdPartyNotices(root, [...inputs, ...nested]);
    expect(text.match(/^(?:a|@s\/b|c) \d.*$/gm)).toEqual(['@s/b 2.0.0', 'a 1.0.0', 'c 3.0.0']);
    expect([text.split('text of a').length, text.includes('text of c')]).toEqual([2, true]);
  });

  it('are refused for a package that has no licence', () => {
    expect(() => thirdPartyNotices(root, ['node_modules/bad/x.js'])).toThrow('bad 4.0.0 has no licence');
  });

  it('lie beside the program that ships', async () => {
    const { path } = await askRunServer<{ path: string }>(inject('runServerUrl'), 'bundle/worker');
    const text = readFileSync(join(dirname(path), 'THIRD-PARTY.txt'), 'utf8');
    for (const name of ['express', 'pg', 'pino', 'zod']) expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'));
  });
});
