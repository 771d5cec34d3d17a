import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyWhenHealthy } from '../../grafana/src/empty-when-healthy.ts';
import { listPanelQueries } from '../../grafana/src/panel-queries.ts';
import { substituteVariables } from '../../grafana/src/variables.ts';
import { type Expression, findUntruths, metricNamesIn, selectorsIn } from '../src/truth.ts';
import { driveTraffic, type Traffic } from './drive-traffic.ts';
import { alerts, prometheusFolder, recordedRules } from './rule-files.ts';
import { missingPrograms, type Stack, startStack } from './start-stack.ts';

if (missingPrograms.length > 0 && process.env['CI'] === 'true')
  throw new Error(`missing: ${missingPrograms.join(', ')}; run .ci/debian-tools`);

let stack: Stack;
let traffic: Traffic;

/** Two scrapes make a rate, and the slowest exporter needs a second one. */
const settled = { timeoutMs: 60_000, intervalMs: 500 };

describe.skipIf(missingPrograms.length > 0)('with the real services, exporters, Alertmanager and Prometheus', () => {
  beforeAll(async () => {
    stack = await startStack();
    traffic = driveTraffic(stack.api.url);
    await injectErrors();
  }, 120_000);

  afterAll(async () => {
    await traffic?.stop();
    await stack?.stop();
  }, 60_000);

  /** So that there are server errors to read; short enough to make no alert fire. */
  async function injectErrors(): Promise<void> {
    const response = await fetch(`${stack.api.url}/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ errorRate: 0.5, durationSeconds: 1 }),
    });
    expect(response.status).toBe(200);
  }

  /** The tests' database has a name of its own. */
  const inThisDatabase = (expr: string) =>
    expr.replaceAll('datname="transactions"', `datname="${stack.database.name}"`);

  const expectNoUntruths = (expressions: readonly Expression[]) =>
    eventually(async () => expect(await findUntruths(stack.prometheus, expressions)).toEqual([]), settled);

  it(
    'finds every target up',
    () => expectNoUntruths([{ where: 'targets', expr: 'up == 1 unless on () (up == 0)' }]),
    90_000,
  );

  it(
    'has at least one series for every recorded rule',
    () => expectNoUntruths(recordedRules().map(({ record = '', expr }) => ({ where: record, expr }))),
    90_000,
  );

  it(
    'has what every alert reads',
    () =>
      expectNoUntruths(
        alerts().flatMap(({ alert, expr }) => selectorsIn(expr).map((selector) => ({ where: alert, expr: selector }))),
      ),
    90_000,
  );

  it('evaluates every alert, and on a healthy stack only the Watchdog is true', async () => {
    const quiet = alerts().filter(({ alert }) => alert !== 'Watchdog' && !alert.startsWith('Host'));
    await eventually(async () => {
      const judged = await findUntruths(
        stack.prometheus,
        quiet.map(({ alert, expr }) => ({ where: alert, expr })),
      );
      expect(judged.map(({ problem }) => problem)).toEqual(quiet.map(() => 'no series'));
    }, settled);
  }, 90_000);

  it('has at least one series for every panel that may not be empty', () => {
    const mayBeEmpty = (dashboard: string, panel: string) =>
      emptyWhenHealthy.some((entry) => entry.dashboard === dashboard && entry.panel === panel);
    return expectNoUntruths(
      listPanelQueries()
        .filter(({ datasource, dashboard, panel }) => datasource === 'prometheus' && !mayBeEmpty(dashboard, panel))
        .map(({ dashboard, panel, text }) => ({
          where: `${dashboard}: ${panel}`,
          expr: inThisDatabase(substituteVariables(text)),
        })),
    );
  }, 90_000);

  it('exports every metric of the catalogue, and none of ours that is not in it', async () => {
    const catalogue = [
      ...readFileSync(join(prometheusFolder, 'metrics.md'), 'utf8').matchAll(/^\| *`([\w:]+)` *\|/gm),
    ].map((row) => row[1]!);
    await eventually(async () => {
      const seen = await metricNamesIn(stack.prometheus);
      expect(catalogue.filter((name) => !seen.has(name) && !seen.has(`${name}_count`))).toEqual([]);
      const ours = [...seen].filter((name) => /^(api|worker|alertbot)_/.test(name));
      const families = ours.map((name) => name.replace(/_(bucket|sum|count)$/, ''));
      expect(families.filter((name) => !catalogue.includes(name))).toEqual([]);
    }, settled);
  }, 90_000);
});
