import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ratio } from '../src/figures.ts';
import { parts } from '../src/parts.ts';
import { loadResults, type Results } from '../src/results.ts';
import { terminalTable } from '../src/terminal-table.ts';
import { documents, fullTables, replaceMarked, summaryTable } from '../src/write-tables.ts';

it('the tables of the READMEs are what results.json says', async () => {
  const results = await loadResults();
  expect(Object.keys(results)).toEqual(parts.map(({ name }) => name));
  for (const { path, render } of documents) {
    const text = readFileSync(path, 'utf8');
    expect(replaceMarked(text, render(results), path)).toBe(text);
  }
});

const figure = ratio({
  what: 'list: requests/s',
  unit: '/s',
  reference: 'bare',
  ours: [120],
  theirs: [100],
  reach: { atLeast: 1.1 },
});
const results: Results = {
  api: {
    title: 'The API',
    measuredAt: '2026-11-22T20:00:00.000Z',
    seconds: 61,
    rounds: 1,
    machine: { cpu: 'Some CPU', cores: 2, memoryGiB: 24, kernel: '6.1', node: 'v24.1.0' },
    figures: [figure, { ...figure, what: 'no reach', reach: undefined as never }],
    notes: ['the database was full'],
  },
};

it('every figure is in the full table, with machine and notes', () => {
  const text = fullTables(results);
  expect(text).toContain('`npm run bench -- api`: 1 rounds in 61 s on 2026-11-22; Node 24.1.0, 2 cores of Some CPU');
  expect(text).toContain('| list: requests/s | 120 /s | bare: 100 | 1.20× | ≥ 1.1× ✓ |');
  expect(text).toContain('- the database was full');
});

it('only figures with a reach are in the summary', () => {
  expect(summaryTable(results)).toContain('| list: requests/s | 1.20× | bare | ≥ 1.1× ✓ |');
  expect(summaryTable(results)).not.toContain('no reach');
});

it('a text without the marks is refused, not overwritten', () => {
  expect(() => replaceMarked('# README', 'table', 'README.md')).toThrow('README.md lacks the marks');
});

it('the terminal shows the same in columns', () => {
  expect(terminalTable('The API', { figures: [figure], notes: ['careful'] })).toBe(
    [
      'The API',
      '  measured          ours    reference  compared  reach',
      '  list: requests/s  120 /s  bare: 100  1.20×     ≥ 1.1× ✓',
      '  note: careful',
      '',
    ].join('\n'),
  );
});
