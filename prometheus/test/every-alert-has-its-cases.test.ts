import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findTools } from '../src/find-tools.ts';
import { alerts, caseFiles, caseNames, prometheusFolder } from '../src/rule-files.ts';
import { runTool } from '../src/run-tool.ts';
import { sliceCases } from '../src/slice-cases.ts';

/** Names of promtool test groups are `<alert>: <case>`, with more words after it where a case has variants. */
const requiredCases = [
  'fires',
  'under the line',
  'without traffic',
  'clears',
  'after a restart, silent',
  'after a restart, not hidden',
];

/** Cases that only some alerts have. */
const otherCases = ['after a restart of Prometheus, silent', 'after a restart of Prometheus, not hidden'];

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
      return !known.has(alert) || ![...requiredCases, ...otherCases].some((wanted) => words.startsWith(wanted));
    });
    expect(strange).toEqual([]);
  });

  it('have different names', () => {
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

const casesIn = (path: string) => (parse(readFileSync(path, 'utf8')) as { tests: { name: string }[] }).tests;

const promtools = findTools('promtool');

it.skipIf(promtools.length === 0 && process.env['CI'] !== 'true')('are run by at least one promtool', () => {
  expect(promtools.length).toBeGreaterThan(0);
});

describe.skipIf(promtools.length === 0)('every case', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cases-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is in exactly one slice, with all that it says', () => {
    const sliced = caseFiles().flatMap((file) => sliceCases(file, join(folder, 'all')).flatMap(casesIn));
    const written = caseFiles().flatMap((file) => casesIn(join(prometheusFolder, 'tests', file)));
    const byName = (cases: { name: string }[]) => cases.toSorted((a, b) => a.name.localeCompare(b.name));
    expect(byName(sliced)).toEqual(byName(written));
  });

  it('is judged: an alert that never fires fails its slice', async () => {
    const paths = sliceCases('worker.test.yml', join(folder, 'broken'));
    const rules = join(folder, 'broken/WorkerStalled/rules.yml');
    writeFileSync(
      rules,
      readFileSync(rules, 'utf8')
        .replace('expr: ', 'expr: vector(0) == 1 and ')
        .replace(/\|\n\s+/, ''),
    );
    const { ok, output } = await runTool(promtools[0]!, ['test', 'rules', ...paths]);
    expect(ok, output).toBe(false);
    expect(output).toContain('WorkerStalled');
  });

  it.each(promtools.flatMap((promtool) => caseFiles().map((file) => [file, promtool] as const)))(
    'of tests/%s holds in %s',
    { timeout: 300_000 },
    async (file, promtool) => {
      const { ok, output } = await runTool(promtool, ['test', 'rules', ...sliceCases(file, join(folder, file))]);
      expect(ok, output).toBe(true);
    },
  );
});
