import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reasons } from '../../src/decide/reason.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

it('every reason is explained in the README, and no other', () => {
  const explained = [...readme.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, word]) => word);
  expect(explained.sort()).toEqual([...reasons].sort());
});
