import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { buildDashboards } from '../src/dashboards.ts';
import * as sources from '../src/datasources.ts';

interface DataSource {
  uid: string;
  type: string;
  url: string;
  editable: boolean;
  isDefault?: boolean;
  jsonData?: Record<string, unknown>;
  secureJsonData?: Record<string, string>;
}

const text = readFileSync(join(import.meta.dirname, '../provisioning/datasources/stack.yml'), 'utf8');
const provisioned = (parse(text) as { datasources: DataSource[] }).datasources;

/** Every `{ type, uid }` anywhere in the dashboards: panels, queries, variables, annotations. */
function references(value: unknown): { type: string; uid: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'datasource' in value ? [value.datasource as { type: string; uid: string }] : [];
  return [...own, ...Object.values(value).flatMap(references)];
}

test('every data source that a dashboard names is provisioned under that uid and type', () => {
  const known = provisioned.map(({ uid, type }) => `${type} ${uid}`);
  const used = new Set(references(buildDashboards()).map(({ type, uid }) => `${type} ${uid}`));
  expect([...used].filter((reference) => !known.includes(reference))).toEqual([]);
  expect([...used].sort()).toEqual(
    Object.values(sources)
      .map(({ type, uid }) => `${type} ${uid}`)
      .sort(),
  );
});

test('the data sources point to the services of the stack, and one is the default', () => {
  expect(Object.fromEntries(provisioned.map(({ uid, url }) => [uid, url]))).toEqual({
    prometheus: 'http://prometheus:9090',
    alertmanager: 'http://alertmanager:9093',
    postgres: 'db:5432',
  });
  expect(provisioned.filter((source) => source.isDefault).map((source) => source.uid)).toEqual(['prometheus']);
  expect(provisioned.every((source) => source.editable === false)).toBe(true);
});

test('the scrape interval that Grafana assumes is the one that Prometheus has', () => {
  const prometheus = parse(readFileSync(join(import.meta.dirname, '../../prometheus/prometheus.yml'), 'utf8'));
  expect(provisioned.find(({ uid }) => uid === 'prometheus')?.jsonData?.['timeInterval']).toBe(
    prometheus.global.scrape_interval,
  );
});

test('no password is written down: it comes from the environment', () => {
  const secrets = provisioned.flatMap((source) => Object.values(source.secureJsonData ?? {}));
  expect(secrets).toEqual(['$MONITOR_DB_PASSWORD']);
});

test('the dashboards are loaded from a folder that nobody can save into', () => {
  const file = readFileSync(join(import.meta.dirname, '../provisioning/dashboards/stack.yml'), 'utf8');
  const [provider] = (parse(file) as { providers: Record<string, unknown>[] }).providers;
  expect(provider).toMatchObject({ allowUiUpdates: false, options: { path: '/etc/grafana/dashboards' } });
});
