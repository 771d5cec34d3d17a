import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseDuration } from '../src/durations.ts';
import { findTools } from '../src/find-tools.ts';
import { runTool } from '../src/run-tool.ts';
import { shortenRules } from '../src/shorten-rules.ts';

const folder = join(import.meta.dirname, '..');
const files = ['alert.rules.yml', 'recording.rules.yml'];
const read = (file: string) => readFileSync(join(folder, file), 'utf8');

interface Group {
  name: string;
  rules: { expr: string; for?: string; keep_firing_for?: string }[];
}
const groupsOf = (text: string) => (parse(text) as { groups: Group[] }).groups;
/** What is left of a group when every duration reads the same. */
const withoutDurations = (groups: Group[]) =>
  JSON.stringify(groups)
    .replace(/\[\w+(:\w+)?\]/g, '[…]')
    .replace(/"interval":"\w+",/g, '')
    .replace(/(container_start_time_seconds\[…\]\) > )\d+/g, '$1…')
    .replace(/"(for|keep_firing_for)":"\w+"/g, '"$1":"…"');

describe.each(files)('a shortened %s', (file) => {
  const original = groupsOf(read(file));
  const shortened = groupsOf(shortenRules(read(file)));

  it('is the same but for its durations', () => {
    expect(withoutDurations(shortened)).toBe(withoutDurations(original));
  });

  it('has no time that became longer, and some that became shorter', () => {
    const times = (groups: Group[]) =>
      groups.flatMap(({ rules }) =>
        rules.flatMap((rule) => [
          ...[rule.for, rule.keep_firing_for].filter((time) => time !== undefined),
          ...[...rule.expr.matchAll(/\[(\d+[a-z]+)[\]:]/g)].map((match) => match[1]!),
        ]),
      );
    const before = times(original).map(parseDuration);
    const after = times(shortened).map(parseDuration);
    expect(after.filter((time, index) => time > before[index]!)).toEqual([]);
    expect(after.some((time, index) => time < before[index]!)).toBe(true);
  });

  it('keeps the groups about objectives and the host', () => {
    const kept = (groups: Group[]) => groups.filter(({ name }) => ['slo', 'slo-burn', 'host'].includes(name));
    expect(kept(shortened)).toEqual(kept(original));
  });

  it.skipIf(findTools('promtool').length === 0)('passes promtool of every version', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'shortened-'));
    try {
      const path = join(temporary, file);
      writeFileSync(path, shortenRules(read(file)));
      for (const promtool of findTools('promtool')) {
        const { ok, output } = await runTool(promtool, ['check', 'rules', path]);
        expect(ok, output).toBe(true);
      }
    } finally {
      rmSync(temporary, { recursive: true });
    }
  });
});

const rule = (body: string) => `groups:\n  - name: g\n    rules:\n      - alert: A\n${body}`;

it.each([
  ['for, divided', 'expr: up == 0\n        for: 5m', 'for: 15s'],
  ['for, at its minimum', 'expr: up == 0\n        for: 30s', 'for: 5s'],
  ['for, shorter than the minimum already', 'expr: up == 0\n        for: 2s', 'for: 2s'],
  ['keep_firing_for', 'expr: up == 0\n        keep_firing_for: 1h', 'keep_firing_for: 180s'],
  [
    'the window of a rate',
    'expr: rate(a_total{path=~"x[1-9]}"}[30m]) > 60',
    'rate(a_total{path=~"x[1-9]}"}[90s]) > 60',
  ],
  ['the window of an increase', 'expr: increase(a_total[1h])', 'increase(a_total[180s])'],
  ['how long something must last', 'expr: min_over_time((a)[90s:5s]) == 1', 'min_over_time((a)[5s:1s]) == 1'],
  ['not the memory of last_over_time', 'expr: last_over_time(a[15m])', 'last_over_time(a[15m])'],
])('shortens %s', (_, before, after) => {
  expect(shortenRules(rule(`        ${before}\n`))).toContain(after);
});

it('takes another factor and other minimums', () => {
  const text = rule('        expr: rate(a[10m])\n        for: 10m\n');
  const result = shortenRules(text, { factor: 600, minForSeconds: 1, minWindowSeconds: 4 });
  expect(result).toContain('rate(a[4s])');
  expect(result).toContain('for: 1s');
});

it.each([
  ['YAML with a mistake', 'groups: [', /flow/i],
  ['something that is no rule file', 'scrape_configs: []', /not a Prometheus rule file/],
  ['a duration that is none', rule('        expr: up\n        for: soon\n'), /not a Prometheus duration: soon/],
])('refuses %s', (_, text, message) => {
  expect(() => shortenRules(text)).toThrow(message);
});
