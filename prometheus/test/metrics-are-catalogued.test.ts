import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { metricNames } from '../../grafana/test/promql-names.ts';
import { alerts, prometheusFolder, recordedRules } from '../src/rule-files.ts';

/** First column of every table: exact names, and families written as `process_*`. */
const catalogue = [...readFileSync(join(prometheusFolder, 'metrics.md'), 'utf8').matchAll(/^\|([^|]*)\|/gm)].flatMap(
  (row) => [...row[1]!.matchAll(/`([\w:]+\*?)`/g)].map((name) => name[1]!),
);

const isCatalogued = (name: string) => {
  const family = name.replace(/_(bucket|sum|count)$/, '');
  return catalogue.some((entry) =>
    entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : entry === name || entry === family,
  );
};

describe('the catalogue, metrics.md', () => {
  it('has every metric that a rule reads', () => {
    const unknown = [...alerts(), ...recordedRules()].flatMap(({ alert, record, expr }) =>
      metricNames(expr)
        .filter((name) => !isCatalogued(name))
        .map((name) => `${name} in ${alert ?? record}`),
    );
    expect(unknown).toEqual([]);
  });

  it('has every metric that a description asks for', () => {
    const queries = alerts().flatMap(({ annotations }) =>
      [...(annotations?.['description'] ?? '').matchAll(/query "([^"]*)"/g)].map((match) =>
        match[1]!.replaceAll("'", '"'),
      ),
    );
    expect(queries.length).toBeGreaterThan(0);
    expect(queries.flatMap(metricNames).filter((name) => !isCatalogued(name))).toEqual([]);
  });

  it('lists exactly the series that are recorded', () => {
    const listed = catalogue.filter((name) => name.includes(':')).sort();
    expect(listed).toEqual([...new Set(recordedRules().map(({ record }) => record))].sort());
  });

  it('lists nothing twice', () => {
    expect(catalogue.filter((name, index) => catalogue.indexOf(name) !== index)).toEqual([]);
  });
});
