import { execFileSync } from 'node:child_process';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRunbooks, parseRunbooks, RunbookError } from '../../src/runbooks/load-runbooks.ts';
import { tempDir } from '../support/temp-dir.ts';

const good = 'version: 1\nrunbooks: []\n';
const withMatch = (match: string) =>
  `version: 1\nrunbooks:\n  - { name: a, match: ${match}, action: { restart: api } }\n`;

function messageOf(text: string): string {
  try {
    parseRunbooks(text, 'r.yml');
    return 'accepted';
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    return error.message;
  }
}

/** Why the file is refused, or that it is not. */
const fileMessage = (path: string) =>
  loadRunbooks(path).then(
    () => 'accepted',
    (error) => {
      if (!(error instanceof RunbookError)) throw error;
      return error.message.replace(path, 'FILE');
    },
  );

describe('a file', () => {
  it.each<[string, string | Buffer, string]>([
    ['with a byte order mark and lines of Windows', `\ufeff${good.replaceAll('\n', '\r\n')}`, 'accepted'],
    ['of nothing', '', 'FILE:1:1: Invalid input: expected object, received null'],
    [
      'of Latin-1',
      Buffer.from('# für\nversion: 1\nrunbooks: []\n', 'latin1'),
      'FILE: cannot be read: it is not UTF-8 text',
    ],
    ['of UTF-16', Buffer.from(`\ufeff${good}`, 'utf16le'), 'FILE: cannot be read: it is not UTF-8 text'],
    ['of zeros', Buffer.alloc(1_000), 'FILE:1:1: Invalid input: expected object, received string'],
    [
      'of half a megabyte and more',
      `${good}#${'x'.repeat(524_288)}`,
      'FILE: cannot be read: it is larger than 524288 bytes',
    ],
  ])('%s is %3$s', async (_what, content, message) => {
    const path = join(await tempDir(), 'runbooks.yml');
    await writeFile(path, content);
    expect(await fileMessage(path)).toBe(message);
  });

  it('of 100 GB is not read', async () => {
    const path = join(await tempDir(), 'runbooks.yml');
    await writeFile(path, good);
    await truncate(path, 100 * 2 ** 30);
    expect(await fileMessage(path)).toBe('FILE: cannot be read: it is larger than 524288 bytes');
  });

  it.each(['a directory', 'a pipe that nobody writes into'])('that is %s is refused at once', async (what) => {
    const path = join(await tempDir(), 'runbooks.yml');
    if (what === 'a directory') await mkdir(path);
    else execFileSync('mkfifo', [path]);
    expect(await fileMessage(path)).toBe('FILE: cannot be read: it is not a file');
  });
});

it.each([
  ['version: 1\nrunbooks:\n\t- a', 'r.yml:3:1: Tabs are not allowed as indentation'],
  ['version: 1\nversion: 1\nrunbooks: []', 'r.yml:2:1: Map keys must be unique'],
  ['version: 1\nrunbooks: []\n---\na: 1', 'r.yml:3:1: Source contains multiple documents'],
  [withMatch('{ alertname: A, alertname: B }'), 'r.yml:3:39: Map keys must be unique'],
  [withMatch('{ 1: A, "1": B }'), 'r.yml:3:31: Map keys must be unique'],
  [withMatch('{ { a: b }: A }'), 'r.yml:3:25: a key must be plain text'],
  [withMatch('{ alertname: A, __proto__: x }'), 'r.yml:3:39: "__proto__" cannot be a key'],
  [withMatch('{ alertname: A, "__pro\\u0074o__": x }'), 'r.yml:3:39: "__proto__" cannot be a key'],
  [
    'version: 1\nrunbooks:\n  - { action: { restart: &k __proto__ }, name: a, match: { alertname: A, *k : x } }',
    'r.yml:3:74: "__proto__" cannot be a key',
  ],
  [withMatch('{ alertname: A, "": x }'), 'r.yml:3:43: runbooks[0].match.: Invalid key in record'],
  [
    withMatch('{ alertname: 1 }'),
    'r.yml:3:36: runbooks[0].match.alertname: Invalid input: expected string, received number',
  ],
  [
    withMatch('{ alertname: null }'),
    'r.yml:3:36: runbooks[0].match.alertname: Invalid input: expected string, received null',
  ],
  [withMatch('{ alertname: yes }'), 'accepted'],
  [withMatch('{ constructor: x, toString: "=~.*" }'), 'accepted'],
])('%j: %s', (text, message) => {
  expect(messageOf(text)).toBe(message);
});

it.each([
  ['0s', 'accepted'],
  ['30d', 'accepted'],
  ['1w', 'accepted'],
  ['1m30s', 'accepted'],
  ['31d', 'must not be longer than 30 days'],
  ['99999999d', 'must not be longer than 30 days'],
  ['999999999999999d', 'must not be longer than 30 days'],
  [`${'9'.repeat(400)}d`, 'must be a duration like 90s, 1m30s or 2h'],
  ['-5s', 'must be a duration like 90s, 1m30s or 2h'],
  ['1.5h', 'must be a duration like 90s, 1m30s or 2h'],
  ['1e3s', 'must be a duration like 90s, 1m30s or 2h'],
  ['5', 'must be a duration like 90s, 1m30s or 2h'],
  ['.inf', 'must be a duration like 90s, 1m30s or 2h'],
  ['1:30', 'must be a duration like 90s, 1m30s or 2h'],
  ['""', 'must be a duration like 90s, 1m30s or 2h'],
  ['[5s]', 'must be a duration like 90s, 1m30s or 2h'],
])('the duration %s is: %s', (text, message) => {
  const seen = messageOf(`version: 1\ndefaults: { cooldown: ${text} }\nrunbooks: []`);
  expect(seen).toBe(message === 'accepted' ? message : `r.yml:2:23: defaults.cooldown: ${message}`);
});

describe('a file made to hurt is refused with a bounded message', () => {
  const laughs = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [i, name] of [...'bcdefghi'].entries())
    laughs.push(`${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(', ')}]`);
  it.each([
    ['aliases of aliases', laughs.join('\n')],
    ['brackets', '['.repeat(20_000)],
    ['dashes', '- '.repeat(20_000)],
    ['keys', Array.from({ length: 10_000 }, (_, i) => `k${i}: 1`).join('\n')],
    ['the same key', 'k: 1\n'.repeat(10_000)],
    ['commas', `[${','.repeat(10_000)}]`],
    ['runbooks', `version: 1\nrunbooks:\n${' - { name: A, match: {} }\n'.repeat(400)}`],
  ])('%s', (_what, text) => {
    const began = performance.now();
    const message = messageOf(text);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(message).toMatch(/^r\.yml:/);
    expect(message.length).toBeLessThan(30_000);
  });
});

describe('a runbook for names that every object has', () => {
  const policyOf = (match: string) => parseRunbooks(withMatch(match), 'r.yml').runbooks[0];
  it.each([
    ['{ constructor: "" }', { alertname: 'A' }, true],
    ['{ toString: "=~.*" }', { alertname: 'A' }, true],
    ['{ hasOwnProperty: "=~.+" }', { alertname: 'A' }, false],
    ['{ constructor: x }', { constructor: 'x' }, true],
    ['{ alertname: A, valueOf: "" }', { alertname: 'A', valueOf: 'x' }, false],
  ])('%s on %j matches: %s', (match, labels, expected) => {
    expect(policyOf(match)?.matches(labels as unknown as Record<string, string>)).toBe(expected);
  });

  it('restarts the service called constructor', () => {
    const text =
      'version: 1\nrunbooks:\n  - { name: constructor, match: { a: b }, action: { restart: constructor } }\n';
    expect(parseRunbooks(text, 'r.yml').runbooks[0]).toMatchObject({ target: 'constructor' });
  });

  it.each(['alertname: "A...[cut]"', 'alertname: "=~A.*"', 'alertname: "=~.*"'])(
    '%s does not match a cut label',
    (match) => {
      expect(policyOf(`{ ${match} }`)?.matches({ alertname: 'Axxx...[cut]' })).toBe(false);
    },
  );

  it.each(['team: ""', 'team: "=~.*"'])('%s does not match a label that may have been left out', (match) => {
    expect(policyOf(`{ ${match} }`)?.matches({ alertname: 'A', '[left out]': '7 labels' })).toBe(false);
    expect(policyOf(`{ ${match} }`)?.matches({ alertname: 'A' })).toBe(true);
  });
});
