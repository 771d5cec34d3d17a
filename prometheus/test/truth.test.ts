import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alerts, prometheusFolder } from '../src/rule-files.ts';
import { alertInputs, panelExpressions, recordedExpressions } from '../src/stack-expressions.ts';
import { type Expression, findUntruths, metricNamesIn } from '../src/truth.ts';
import { driveTraffic, type Traffic } from './drive-traffic.ts';
import { missingPrograms, type Stack, startStack } from './start-stack.ts';

if (missingPrograms.length > 0 && process.env['CI'] === 'true')
  throw new Error(`missing: ${missingPrograms.join(', ')}; run .ci/debian-tools`);

/** Two scrapes make a rate, and the slowest exporter needs a second one; the first Watchdog comes within about a minute. */
const settled = { timeoutMs: 90_000, intervalMs: 500 };

describe.skipIf(missingPrograms.length > 0)('with the real services, exporters, Alertmanager and Prometheus', () => {
  let stack: Stack;
  let traffic: Traffic;

  beforeAll(async () => {
    stack = await startStack();
    traffic = driveTraffic(stack.api.url);
    // some server errors to read; over before an alert could fire
    await setFault({ errorRate: 0.5, durationSeconds: 1 });
  }, 120_000);

  afterAll(async () => {
    await traffic?.stop();
    await stack?.stop();
  }, 60_000);

  async function setFault(fault: Record<string, number>): Promise<void> {
    const response = await fetch(`${stack.api.url}/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });
    expect(response.status).toBe(200);
  }

  /** The tests' database has a name of its own. */
  const inThisDatabase = ({ where, expr }: Expression): Expression => ({
    where,
    expr: expr.replaceAll('datname="transactions"', `datname="${stack.database.name}"`),
  });

  const expectNoUntruths = (expressions: readonly Expression[]) =>
    eventually(async () => expect(await findUntruths(stack.prometheus, expressions)).toEqual([]), settled);

  const expectSeries = (expr: string) => expectNoUntruths([{ where: 'test', expr }]);

  it('finds every target up', () => expectSeries('up == 1 unless on () (up == 0)'), 90_000);

  it('has at least one series for every recorded rule', () => expectNoUntruths(recordedExpressions()), 90_000);

  it('has what every alert reads', () => expectNoUntruths(alertInputs()), 90_000);

  it('evaluates every alert, and while all is well only the Watchdog fires', async () => {
    const expressions = alerts().map(({ alert, expr }) => ({ where: alert, expr }));
    const problems = (await findUntruths(stack.prometheus, expressions)).filter((u) => u.problem !== 'no series');
    expect(problems).toEqual([]);
    // how busy this machine is does not matter here
    const firing = [{ where: 'firing', expr: 'ALERTS{alertstate="firing",alertname!~"Watchdog|Host.*"}' }];
    await eventually(async () => expect(await findUntruths(stack.prometheus, firing)).toHaveLength(1), settled);
    await expectSeries('ALERTS{alertstate="firing",alertname="Watchdog"}');
  }, 150_000);

  it(
    'has at least one series for every panel that may not be empty',
    () => expectNoUntruths(panelExpressions().always.map(inThisDatabase)),
    120_000,
  );

  it('exports every metric of the catalogue, and none of ours that is not in it', async () => {
    const page = readFileSync(join(prometheusFolder, 'metrics.md'), 'utf8');
    const catalogue = [...page.matchAll(/^\| *`([\w:]+)` *\|/gm)].map((row) => row[1]!);
    await eventually(async () => {
      const seen = await metricNamesIn(stack.prometheus);
      expect(catalogue.filter((name) => !seen.has(name) && !seen.has(`${name}_count`))).toEqual([]);
      const ours = [...seen].filter((name) => /^(api|worker|alertbot|container)_/.test(name));
      const families = ours.map((name) => name.replace(/_(bucket|sum|count)$/, ''));
      expect(families.filter((name) => !catalogue.includes(name))).toEqual([]);
    }, settled);
  }, 90_000);

  // The other panels that may be empty need a repair, and that needs containers: the end-to-end scenarios have them.
  it('fills the panel of firing alerts when the API is slow, and empties it after the cure', async () => {
    const panel = panelExpressions().emptyWhenHealthy.filter(({ where }) => where.endsWith('Firing now'));
    expect(panel).toHaveLength(1);
    await setFault({ latencyMs: 300, durationSeconds: 120 });
    await expectNoUntruths(panel);
    await expectSeries('ALERTS{alertname="APIHighLatency",alertstate="firing"}');
    await fetch(`${stack.api.url}/faults`, { method: 'DELETE' });
    const slow = [{ where: 'slow', expr: 'ALERTS{alertname="APIHighLatency",alertstate="firing"}' }];
    await eventually(async () => expect(await findUntruths(stack.prometheus, slow)).toHaveLength(1), settled);
  }, 150_000);
});
