import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Known, whyBroken } from '../src/check-docs/check-commands.ts';
import { findBrokenLinks } from '../src/check-docs/check-links.ts';
import { readMarkdown } from '../src/check-docs/read-markdown.ts';

const known: Known = {
  scripts: new Map([
    ['', new Set(['check'])],
    ['@stack/db', new Set(['migrate'])],
  ]),
  services: new Set(['api', 'worker']),
  routes: new Map([['5001', ['/incidents', '/incidents/:id']]]),
  botCommands: new Set(['simulate']),
  exists: (path) => path === 'docker-compose.yml',
};

describe('a command of a page', () => {
  it.each([
    'npm run check -- --anything',
    'npm run migrate -w @stack/db',
    'npm ci && npm test',
    'docker compose up -d --build',
    'docker compose -f docker-compose.yml logs --since 10m api | grep error',
    'docker compose exec api anything --at all',
    'LOG_LEVEL=debug docker compose up -d',
    "curl -XPOST 'localhost:5001/incidents/1f2e' -d '{\"a b\":1}'",
    'curl https://example.org/anything',
    'alert-bot simulate payload.json',
  ])('%s can work', (command) => expect(whyBroken(command, known)).toBeUndefined());

  it.each([
    ['npm run chekc', 'there is no script chekc'],
    ['npm run check -w @stack/db', 'there is no script check'],
    ['npm run migrate -w @stack/bd', 'there is no workspace @stack/bd'],
    ['docker compose logs ap', 'docker-compose.yml has no service ap'],
    ['docker compose -f other.yml up -d', 'other.yml does not exist'],
    ['docker compose upp', 'docker compose upp is not known here'],
    ['npm ci && docker compose stop ap', 'docker-compose.yml has no service ap'],
    ['curl localhost:5001/incident', 'nothing is served at /incident on port 5001'],
    ['alert-bot simulte payload.json', 'the alert bot has no command simulte'],
    ['./no/such/script', './no/such/script does not exist'],
    ['frobnicate now', 'tools/src/check-docs/check-commands.ts has no rule for frobnicate'],
  ])('%s cannot', (command, why) => expect(whyBroken(command, known)).toBe(why));

  it('is found in shell blocks, after a prompt, and in a sentence', () => {
    const text =
      '```sh\nnpm ci   # first\nnpm run \\\n  check\n```\n```console\n$ curl a\nanswer\n```\n`npm test` and `api`\n';
    expect(readMarkdown(text).commands).toEqual(['npm ci', 'npm run check', 'curl a', 'npm test']);
  });
});

describe('a link of a page', () => {
  const root = mkdtempSync(join(tmpdir(), 'docs-'));
  writeFileSync(join(root, 'a.md'), '');
  const problems = (text: string) =>
    findBrokenLinks(root, new Map([['a.md', readMarkdown(`# The \`one\`, and\n${text}`)]]));

  it('to a heading, a file or another site is left alone', () => {
    expect(problems('[x](#the-one-and) [y](a.md#the-one-and) [z](https://example.org/404)')).toEqual([]);
  });

  it('to a file, a heading or a picture that is not there is named', () => {
    expect(problems('[x](b.md) [y](#other) ![z](c.png) <img src="d.png">')).toEqual([
      'a.md: the link b.md leads to a file that does not exist',
      'a.md: the link #other names a heading that a.md does not have',
      'a.md: the link c.png leads to a file that does not exist',
      'a.md: the link d.png leads to a file that does not exist',
    ]);
  });
});
