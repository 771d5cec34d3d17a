import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@stack/test-kit/eventually';
import { spawnService } from '@stack/test-kit/spawn-service';
import { describe, expect, it, type TestContext } from 'vitest';
import { startFakeEngine } from '../runtime/fake-engine.ts';
import { seedService } from '../runtime/fake-world.ts';
import {
  type Monitoring,
  type MonitoringOptions,
  missingPrograms,
  startMonitoring,
} from '../verify/real-monitoring.ts';

// What ships, before an engine and with a real Prometheus and Alertmanager: alerts that were called healed while they fired, or
// repaired while a person had silenced them.

const rules = (expr: string, name = 'APIDown') =>
  `groups: [{ name: test, rules: [{ alert: ${name}, expr: '${expr}', labels: { severity: page, service: api } }] }]`;
const page = { alertname: 'APIDown', severity: 'page', service: 'api' };

type Event = { type: string; [key: string]: unknown };

interface Shipped {
  stack: Monitoring;
  fire(labels: Record<string, string>): Promise<void>;
  /** Events of the incident log of one type. */
  log(type: string): Event[];
  restarts(): number;
}

type OnTestFinished = TestContext['onTestFinished'];

async function shipped(onTestFinished: OnTestFinished, options: MonitoringOptions): Promise<Shipped> {
  const folder = mkdtempSync(join(tmpdir(), 'alert-bot-shipped-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [stack, engine] = await Promise.all([startMonitoring(options), startFakeEngine()]);
  onTestFinished(() => Promise.all([stack.stop(), engine.stop()]).then(() => undefined));
  seedService(engine, 'api');
  const path = join(folder, 'incident_log.jsonl');
  const bot = await spawnService('alert-bot', {
    DOCKER_HOST: engine.dockerHost,
    COMPOSE_PROJECT: 'demo',
    INCIDENT_LOG_PATH: path,
    RUNBOOKS_PATH: resolve(import.meta.dirname, 'seconds.yml'),
    PROMETHEUS_URL: stack.prometheus,
    ALERTMANAGER_URL: stack.alertmanager,
  });
  onTestFinished(async () => void (await bot.stop()));
  return {
    stack,
    fire: async (labels) => {
      const answer = await fetch(`${bot.url}/alert`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ alerts: [{ status: 'firing', labels, startsAt: '2026-01-01T00:00:00Z' }] }),
      });
      expect(answer.status).toBe(202);
    },
    log: (type) =>
      readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Event)
        .filter((event) => event.type === type),
    restarts: () => engine.events.filter((event) => event.startsWith('restart')).length,
  };
}

const slow = { timeoutMs: 30_000, intervalMs: 100 };

/** Breaks the target and waits until its alert is in Alertmanager. */
async function firing(stack: Monitoring): Promise<Record<string, string>> {
  stack.targets.get('web')!.metrics = 'errors 9\n';
  return eventually(async () => {
    const [alert] = await stack.alerts();
    if (!alert) throw new Error('no alert yet');
    return alert.labels;
  }, slow);
}

const outcomes = (world: Shipped) => world.log('verified').map(({ outcome }) => outcome);

describe.skipIf(missingPrograms.length > 0).concurrent('an alert', () => {
  it('that a person silences after the first action is left alone, and said to be suppressed', async ({
    onTestFinished,
  }) => {
    const world = await shipped(onTestFinished, { rules: rules('errors > 5') });
    await world.fire(await firing(world.stack));
    await eventually(() => world.log('acting').length > 0, slow);
    await world.stack.silence([{ name: 'alertname', value: 'APIDown', isRegex: false, isEqual: true }]);
    await eventually(() => world.log('decided').some(({ reason }) => reason === 'suppressed'), slow);
    const restarts = world.restarts();
    expect(restarts).toBeLessThanOrEqual(2); // one may have been under way
    await sleep(5_000);
    expect(world.restarts()).toBe(restarts);
    expect(outcomes(world)).not.toContain('healed');
  }, 90_000);

  it('of another evaluator is not healed while Alertmanager has it', async ({ onTestFinished }) => {
    const world = await shipped(onTestFinished, { rules: rules('errors > 5', 'Another') });
    await world.stack.post([{ labels: page }]);
    for (let n = 0; n < 4; n += 1) {
      await world.fire(page);
      await sleep(2_000);
    }
    await eventually(() => outcomes(world).length > 0, slow);
    expect(outcomes(world)).not.toContain('healed');
  }, 90_000);

  it('with a relabelled value is not healed while its rule fires', async ({ onTestFinished }) => {
    const alertRelabelling = '{source_labels: [severity], regex: page, target_label: severity, replacement: critical}';
    const world = await shipped(onTestFinished, { rules: rules('errors > 5'), alertRelabelling });
    const labels = await firing(world.stack);
    expect(labels['severity']).toBe('critical');
    await world.fire(labels);
    await eventually(() => outcomes(world).length > 1, slow);
    expect(outcomes(world)).not.toContain('healed');
  }, 90_000);

  it('whose target cannot be scraped any more is not healed; when it is scraped and well again, it is', async ({
    onTestFinished,
  }) => {
    const world = await shipped(onTestFinished, { rules: rules('errors > 5') });
    const web = world.stack.targets.get('web')!;
    const labels = await firing(world.stack);
    web.metrics = undefined;
    await world.fire(labels);
    await eventually(() => outcomes(world).length > 0, slow);
    expect(outcomes(world)).not.toContain('healed');
    await firing(world.stack);
    await eventually(async () => {
      await world.fire(labels);
      return world.log('acting').length > outcomes(world).length;
    }, slow);
    web.metrics = 'errors 0\n';
    await eventually(() => outcomes(world).includes('healed'), slow);
  }, 120_000);
});
