import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRunbooks } from '@stack/alert-bot/src/runbooks/load-runbooks.ts';
import { findTools } from '@stack/prometheus/src/find-tools.ts';
import { runTool } from '@stack/prometheus/src/run-tool.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Addresses, renderConfiguration, writeWorkerTargets } from '../src/render-configuration.ts';
import { fastRunbooks, fastWatchdog } from '../src/shorten-configuration.ts';

const addresses: Addresses = {
  api: '127.0.0.1:1001',
  'alert-bot': '127.0.0.1:1002',
  prometheus: '127.0.0.1:1003',
  alertmanager: '127.0.0.1:1004',
  grafana: '127.0.0.1:1005',
  db: '127.0.0.1:1006',
  'node-exporter': '127.0.0.1:1007',
  'blackbox-exporter': '127.0.0.1:1008',
  'postgres-exporter': '127.0.0.1:1009',
};

const links = {
  alertBot: 'http://box:1002',
  grafana: 'http://box:1005',
  prometheus: 'http://box:1003',
  alertmanager: 'http://box:1004',
};

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'configuration-'));
});
afterEach(() => rm(directory, { recursive: true }));

const rendered = (name: string) => readFile(join(directory, name), 'utf8');
const committed = (name: string) => readFile(join(import.meta.dirname, '../..', name), 'utf8');

describe('the configuration of the local stack', () => {
  it('has no name or port of the compose network left', async () => {
    await renderConfiguration({ directory, addresses, links, missing: [], fast: false });
    const files = ['prometheus.yml', 'alert.rules.yml', 'grafana/provisioning/datasources/stack.yml'];
    for (const file of files) {
      const settings = (await rendered(file)).replace(/^\s*#.*$/gm, '');
      expect(settings).not.toMatch(
        /dns_sd|\/\/(api|alert-bot|alertmanager|prometheus|localhost):|db:5432|exporter:9\d+/,
      );
    }
  });

  it('finds the workers through a file, and everything else at its address', async () => {
    await renderConfiguration({ directory, addresses, links, missing: ['grafana'], fast: false });
    await writeWorkerTargets(directory, ['127.0.0.1:8001', '127.0.0.1:8002']);
    const { scrape_configs: jobs } = parse(await rendered('prometheus.yml')) as {
      scrape_configs: { job_name: string; static_configs?: object; file_sd_configs?: object }[];
    };
    const job = (name: string) => jobs.find(({ job_name }) => job_name === name);
    expect(job('worker')).toMatchObject({ file_sd_configs: [{ files: ['targets/worker.json'] }] });
    expect(job('worker')).not.toHaveProperty('static_configs');
    expect(job('api')).toMatchObject({ static_configs: [{ targets: ['127.0.0.1:1001'] }] });
    expect(job('grafana')).toMatchObject({ static_configs: [{ targets: [] }] });
    expect(JSON.parse(await rendered('targets/worker.json'))).toEqual([
      { targets: ['127.0.0.1:8001', '127.0.0.1:8002'] },
    ]);
  });

  it('keeps the committed rules, and tells Prometheus where their links lead', async () => {
    await renderConfiguration({ directory, addresses, links, missing: [], fast: false });
    expect(await rendered('alert.rules.yml')).toBe(await committed('prometheus/alert.rules.yml'));
    expect(parse(await rendered('prometheus.yml'))).toMatchObject({
      global: { external_labels: { alert_bot_url: links.alertBot, grafana_url: links.grafana } },
      alerting: { alert_relabel_configs: [{ action: 'labeldrop', regex: 'alert_bot_url|grafana_url' }] },
    });
    expect(await rendered('alertmanager/config.yml')).toBe(await committed('alertmanager/config.yml'));
  });

  it.skipIf(findTools('promtool').length === 0).each([true, false])(
    'is accepted by every promtool that is here, fast: %s',
    async (fast) => {
      await renderConfiguration({ directory, addresses, links, missing: [], fast });
      await writeWorkerTargets(directory, ['127.0.0.1:8001']);
      for (const promtool of findTools('promtool')) {
        const { ok, output } = await runTool(promtool, ['check', 'config', join(directory, 'prometheus.yml')]);
        expect(ok, output).toBe(true);
      }
    },
  );
});

describe('the fast timings', () => {
  it('shorten the runbooks and leave what bounds the bot', async () => {
    const text = await committed('alert-bot/runbooks.yml');
    const [slow, fast] = [parseRunbooks(text, 'slow'), parseRunbooks(fastRunbooks(text), 'fast')];
    expect(fast.runbooks.map(({ name, action }) => [name, action])).toEqual(
      slow.runbooks.map(({ name, action }) => [name, action]),
    );
    expect(fast.budget).toEqual(slow.budget);
    for (const [index, { limits, verifyWithinMs, onResolved }] of fast.runbooks.entries()) {
      expect(limits.attempts).toEqual(slow.runbooks[index]?.limits.attempts);
      expect(limits.cooldownMs).toBe(5_000);
      expect(verifyWithinMs).toBeLessThan(slow.runbooks[index]?.verifyWithinMs ?? 0);
      if (onResolved) expect(onResolved.afterMs).toBe(5_000);
    }
  });

  it('say when the committed files are not what they expect', () => {
    expect(() => fastRunbooks('version: 1\nrunbooks: []')).toThrow('runbooks.yml has no defaults.cooldown');
    expect(() => fastWatchdog('route: {}')).toThrow('no route for the Watchdog');
  });
});
