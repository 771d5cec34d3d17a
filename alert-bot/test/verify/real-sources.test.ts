import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@stack/test-kit/eventually';
import { pino } from 'pino';
import { describe, expect, it, type TestContext } from 'vitest';
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import type { AlertReport, AlertSource, SourcedAlert } from '../../src/verify/alert-source.ts';
import { createAlertSource } from '../../src/verify/create-alert-source.ts';
import { readSourceAddress } from '../../src/verify/source-address.ts';
import {
  installedVersions,
  type Monitoring,
  type MonitoringOptions,
  missingPrograms,
  startMonitoring,
} from './real-monitoring.ts';

if (missingPrograms.length > 0 && process.env['CI'] === 'true')
  throw new Error(`missing: ${missingPrograms.join(', ')}; run .ci/debian-tools`);

const rule = (expr: string, name = 'Broken') =>
  `- { alert: ${name}, expr: '${expr}', labels: { severity: page, service: web } }`;
const group = (...rules: string[]) =>
  `groups: [{ name: test, rules: [\n${rules.map((each) => each.slice(2)).join(',\n')}\n] }]`;
const broken = 'errors 9\n';
const fine = 'errors 0\n';
const slow = { timeoutMs: 20_000, intervalMs: 100 };

describe.skipIf(missingPrograms.length > 0).concurrent('of a real Prometheus and Alertmanager', () => {
  it.for(installedVersions.map((_, version) => version))(
    'an alert is gone when the rule looked and its target was scraped (version %i)',
    { timeout: 60_000 },
    async (version, { onTestFinished }) => {
      const { web, source, alert } = await firing(onTestFinished, { version, externalLabels: { cluster: 'x' } });
      expect(alert.labels['cluster']).toBe('x');
      const since = Date.now();
      web.metrics = fine;
      await eventually(async () => (await source.look(alert, since)).state === 'gone', slow);
      web.metrics = broken;
      await eventually(async () => (await source.look(alert, since)).state === 'firing', slow);
    },
  );

  it('an alert that only cannot be seen is never gone: the target hangs, says nothing, or is away', async ({
    onTestFinished,
  }) => {
    const { stack, web, source, alert } = await firing(onTestFinished);
    const since = Date.now();
    web.metrics = undefined;
    await eventually(async () => (await stack.alerts()).length === 0, slow); // Prometheus has sent that it is over
    expect(await looks(source, alert, since, 3_000)).not.toContain('gone');
    web.metrics = broken;
    await eventually(async () => (await source.look(alert, since)).state === 'firing', slow);
    web.metrics = fine;
    await eventually(async () => (await source.look(alert, since)).state === 'gone', slow);
  }, 60_000);

  it('after a restart of Prometheus nothing from before is gone, and what follows is, when it kept its data', async ({
    onTestFinished,
  }) => {
    const { stack, web, alert } = await firing(onTestFinished, {
      rules: group(rule('rate(errors[4s]) >= 0 and errors > 5')),
    });
    const source = alone(stack);
    const since = Date.now();
    web.metrics = fine;
    await stack.restartPrometheus();
    expect(await looks(source, alert, since, 3_000)).not.toContain('gone');
    const next = Date.now();
    await eventually(async () => (await source.look(alert, next)).state === 'gone', slow);
  }, 60_000);

  it('a Prometheus that lost its data says gone only when it has seen a whole window', async ({ onTestFinished }) => {
    const { stack, web, alert } = await firing(onTestFinished, { rules: group(rule('max_over_time(errors[6s]) > 5')) });
    const source = alone(stack);
    web.metrics = fine;
    await stack.restartPrometheus({ keepData: false });
    const since = Date.now();
    expect(await looks(source, alert, since, 3_000)).not.toContain('gone');
    await eventually(async () => (await source.look(alert, since)).state === 'gone', slow);
    expect(Date.now() - since).toBeGreaterThan(5_000);
  }, 60_000);

  it('a rule that was taken away or renamed proves nothing', async ({ onTestFinished }) => {
    const { stack, source, alert } = await firing(onTestFinished);
    const since = Date.now();
    await stack.setRules(group(rule('errors > 5', 'Renamed')));
    await eventually(async () => (await stack.alerts()).some(({ labels }) => labels['alertname'] === 'Renamed'), slow);
    expect(await looks(source, alert, since, 2_000)).not.toContain('gone');
    expect(await looks(sourceOf(stack), alert, since, 500)).not.toContain('gone'); // one that never saw the rule
    expect((await alone(stack).look(alert, since)).state).toBe('unknown');
  }, 60_000);

  it('a relabelled alert is Alertmanager’s word: firing while it has it, gone when it was told so', async ({
    onTestFinished,
  }) => {
    const relabelling = '{source_labels: [severity], regex: page, target_label: severity, replacement: critical}';
    const { stack, web, source, alert } = await firing(onTestFinished, { alertRelabelling: relabelling });
    expect(alert.labels['severity']).toBe('critical');
    const since = Date.now();
    expect(await looks(source, alert, since, 1_500)).toEqual(['firing']);
    expect((await alone(stack).look(alert, since)).state).toBe('unknown');
    web.metrics = fine;
    await eventually(async () => (await source.look(alert, since)).state === 'gone', slow);
  }, 60_000);

  it('without relabelling, another target’s alert does not keep this one from being gone', async ({
    onTestFinished,
  }) => {
    const { stack, web, source, alert } = await firing(onTestFinished, { jobs: ['web', 'other'] });
    stack.targets.get('other')!.metrics = broken;
    await eventually(async () => (await stack.alerts()).length === 2, slow);
    const since = Date.now();
    web.metrics = fine;
    await eventually(async () => (await source.look(alert, since)).state === 'gone', slow);
  }, 60_000);

  it('an alert of another evaluator is gone when its sender said so, and not when Alertmanager forgot it', async ({
    onTestFinished,
  }) => {
    const { stack } = await firing(onTestFinished);
    const source = sourceOf(stack);
    const labels = { alertname: 'LokiErrorsInLog', severity: 'critical', source: 'loki' };
    const foreign = { labels, fingerprint: fingerprintOf(labels) };
    await stack.post([{ labels }]);
    expect(await looks(source, foreign, Date.now(), 1_000)).toEqual(['firing']);
    await stack.post([{ labels, endsAt: new Date() }]);
    await eventually(async () => (await source.look(foreign, Date.now())).state === 'gone', slow);
    await stack.post([{ labels }]);
    await eventually(async () => (await source.look(foreign, Date.now())).state === 'firing', slow);
    await stack.restartAlertmanager();
    expect(await looks(source, foreign, Date.now(), 1_000)).toEqual(['unknown']);
  }, 60_000);

  it('silences and inhibitions are said, of alerts that Alertmanager has and of others', async ({ onTestFinished }) => {
    const { stack, source, alert } = await firing(onTestFinished);
    const suppressed = async (other: SourcedAlert = alert) => (await source.look(other)).suppressed;
    expect(await suppressed()).toBeUndefined();
    const silence = await stack.silence([{ name: 'service', value: 'w.b', isRegex: true, isEqual: true }]);
    await eventually(
      async () => expect(await suppressed()).toMatchObject({ by: 'silence', detail: 'maintenance (mira)' }),
      slow,
    );
    const { until } = (await suppressed()) as { until: number };
    expect(Math.abs(until - Date.now() - 3_600_000)).toBeLessThan(60_000);
    const byHand = { fingerprint: 'ff', labels: { alertname: 'Broken', service: 'web' } };
    expect(await suppressed(byHand)).toMatchObject({ by: 'silence' });
    expect(await suppressed({ fingerprint: 'ff', labels: { alertname: 'Broken' } })).toBeUndefined();
    await stack.expire(silence);
    await eventually(async () => (await suppressed()) === undefined, slow);
    await stack.post([{ labels: { alertname: 'DatabaseDown' } }]);
    await eventually(async () => expect(await suppressed()).toMatchObject({ by: 'inhibition' }), slow);
  }, 60_000);
});

/** A stack in which the alert fires, and which the source has seen firing. */
async function firing(onTestFinished: TestContext['onTestFinished'], options: Partial<MonitoringOptions> = {}) {
  const stack = await startMonitoring({ rules: group(rule('errors > 5')), ...options });
  onTestFinished(() => stack.stop());
  const web = stack.targets.get('web')!;
  web.metrics = broken;
  const source = sourceOf(stack);
  const alert = await eventually(() => alertOf(stack), slow);
  await eventually(async () => (await source.look(alert)).state === 'firing', slow);
  return { stack, web, source, alert };
}

const silent = pino({ level: 'silent' });

const sourceOf = ({ prometheus, alertmanager }: Monitoring): AlertSource =>
  createAlertSource({
    prometheus: readSourceAddress(prometheus),
    alertmanager: readSourceAddress(alertmanager),
    logger: silent,
    rememberMs: 50,
  });

/** Alertmanager keeps what a restarted Prometheus does not tell the end of, for minutes. */
const alone = ({ prometheus }: Monitoring): AlertSource =>
  createAlertSource({ prometheus: readSourceAddress(prometheus), logger: silent, rememberMs: 50 });

async function alertOf(stack: Monitoring): Promise<SourcedAlert> {
  const [alert] = await stack.alerts();
  if (!alert) throw new Error('no alert yet');
  return { fingerprint: alert.fingerprint, labels: alert.labels };
}

/** Every state that is seen within a time. */
async function looks(
  source: AlertSource,
  alert: SourcedAlert,
  since: number,
  ms: number,
): Promise<AlertReport['state'][]> {
  const states = new Set<AlertReport['state']>();
  for (const end = performance.now() + ms; performance.now() < end; await sleep(100))
    states.add((await source.look(alert, since)).state);
  return [...states];
}
