import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTools } from '../src/find-tools.ts';
import { alerts, caseFiles, caseNames, prometheusFolder } from '../src/rule-files.ts';
import { runTool } from '../src/run-tool.ts';

/** Names of promtool test groups are `<alert>: <case>`, with more words after it where a case has variants. */
const requiredCases = [
  'fires',
  'under the line',
  'without traffic',
  'clears',
  'after a restart, silent',
  'after a restart, not hidden',
];

/** Watchdog has no condition that could be under a line, end or be reset. */
const casesOf = (alert: string) => (alert === 'Watchdog' ? ['fires'] : requiredCases);

describe('the promtool cases', () => {
  const names = caseNames();

  it.each(alerts().map(({ alert }) => alert))('has every case of %s', (alert) => {
    const missing = casesOf(alert).filter((wanted) => !names.includes(`${alert}: ${wanted}`));
    expect(missing).toEqual([]);
  });

  it('are about alerts that exist, in the words of a case', () => {
    const known = new Set(alerts().map(({ alert }) => alert));
    const strange = names.filter((name) => {
      const [alert = '', words = ''] = name.split(': ');
      return !known.has(alert) || !requiredCases.some((wanted) => words.startsWith(wanted));
    });
    expect(strange).toEqual([]);
  });

  it('have different names', () => {
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

const promtools = findTools('promtool');

it.skipIf(promtools.length === 0 && process.env['CI'] !== 'true')('are run by at least one promtool', () => {
  expect(promtools.length).toBeGreaterThan(0);
});

// The hours and days of the objectives take half a minute per file: the oldest promtool judges them here, the newest in `npm run check`.
const runs = promtools.flatMap((promtool, index) =>
  caseFiles()
    .filter((file) => !file.startsWith('slo') || index === promtools.length - 1)
    .map((file) => ({ promtool, file })),
);

describe.each(runs)('$promtool', ({ promtool, file }) => {
  it(`agrees with tests/${file}`, { timeout: 300_000 }, async () => {
    const { ok, output } = await runTool(promtool, ['test', 'rules', join(prometheusFolder, 'tests', file)]);
    expect(ok, output).toBe(true);
  });
});
