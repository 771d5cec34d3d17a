import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { listAnnotationExpressions, listPanelQueries } from '../src/panel-queries.ts';
import { substituteVariables } from '../src/variables.ts';
import { metricNames } from './promql-names.ts';
import { checkExpressions, findPromtools } from './promtool.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');

const queries = listPanelQueries().filter((query) => query.datasource === 'prometheus');
const annotations = listAnnotationExpressions();
const expressions = [...new Set([...queries.map((query) => query.text), ...annotations])];

/** First column of every table in the catalogue: exact names, and families written as `process_*`. */
const catalogued = [...read('prometheus/metrics.md').matchAll(/^\|([^|]*)\|/gm)].flatMap((row) =>
  [...row[1]!.matchAll(/`([\w:]+\*?)`/g)].map((name) => name[1]!),
);

const recorded = (parse(read('prometheus/recording.rules.yml')) as { groups: { rules: { record: string }[] }[] }).groups
  .flatMap((group) => group.rules)
  .map((rule) => rule.record);

function isKnown(name: string): boolean {
  const family = name.replace(/_(bucket|sum|count)$/, '');
  const isCatalogued = (entry: string) =>
    entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : entry === name || entry === family;
  return recorded.includes(name) || catalogued.some(isCatalogued);
}

describe('metrics', () => {
  test('every metric that a panel reads is in prometheus/metrics.md or recorded by a rule', () => {
    const unknown = queries.flatMap(({ dashboard, panel, text }) =>
      metricNames(text)
        .filter((name) => !isKnown(name))
        .map((name) => `${name} (${dashboard}: ${panel})`),
    );
    expect([...new Set(unknown)]).toEqual([]);
  });

  test('every metric that an annotation reads is in prometheus/metrics.md', () => {
    expect(annotations.flatMap(metricNames).filter((name) => !isKnown(name))).toEqual([]);
  });

  test('every metric name of ours is read with its job, so that no other service can answer', () => {
    const unscoped = expressions.flatMap(
      (expr) => expr.match(/\b(?:api|worker|alertbot)_\w+(?!\w)(?!\{[^}]*job=)/g) ?? [],
    );
    expect(unscoped).toEqual([]);
  });
});

describe('variables', () => {
  test('substituting leaves no variable of Grafana behind', () => {
    for (const expr of expressions) expect(substituteVariables(expr)).not.toContain('$');
  });

  test('$interval and $instance are used on every dashboard that has them', () => {
    for (const dashboard of new Set(queries.map((query) => query.dashboard))) {
      const text = queries.filter((query) => query.dashboard === dashboard).map((query) => query.text);
      expect(text.join('\n'), dashboard).toContain('$interval');
      expect(text.join('\n'), dashboard).toContain('$instance');
    }
  });
});

describe('the API dashboard', () => {
  const apiQueries = queries.filter((query) => query.dashboard === 'api');

  test('has the p95 of the whole service over 5 minutes among its details', () => {
    expect(apiQueries).toContainEqual(
      expect.objectContaining({
        panel: 'All routes: p95, 5 min',
        text: 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="api"}[5m])))',
      }),
    );
  });

  test('has the 5xx share of http_request_duration_seconds_count', () => {
    expect(apiQueries).toContainEqual(
      expect.objectContaining({
        panel: 'All routes: 5xx share, 5 min',
        text: '(sum(rate(http_request_duration_seconds_count{job="api",status_code=~"5.."}[5m])) or vector(0)) / sum(rate(http_request_duration_seconds_count{job="api"}[5m]))',
      }),
    );
  });
});

describe('grammar', () => {
  const promtools = findPromtools();
  if (promtools.length === 0)
    console.warn('grafana: promtool not found, expressions are not parsed; run .ci/debian-tools');

  test.skipIf(promtools.length === 0 && !process.env['CI'])(
    'every expression parses on every promtool of this machine',
    () => {
      expect(promtools, 'in CI a promtool is required: run .ci/debian-tools').not.toEqual([]);
      for (const promtool of promtools) {
        expect(
          checkExpressions(
            promtool,
            expressions.map((expr) => substituteVariables(expr)),
          ),
          promtool,
        ).toBe('');
      }
    },
  );

  test.skipIf(promtools.length === 0)('a broken expression is reported', () => {
    expect(checkExpressions(promtools[0]!, ['sum(rate(up[5m])'])).toContain('unclosed left parenthesis');
  });
});
