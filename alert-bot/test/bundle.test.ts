import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { hostileRequests } from '@stack/test-kit/hostile-requests';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { survivesHostileRequests } from '@stack/test-kit/survives-hostile-requests';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The very file that the image ships, in both of its roles: what tools/build leaves out or loads late is missed by requests only.

const folder = mkdtempSync(join(tmpdir(), 'alert-bot-bundle-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the bot', () => {
  let bot: SpawnedService;
  beforeAll(async () => {
    bot = await spawnService('alert-bot', {
      RUNTIME: 'dry-run',
      INCIDENT_LOG_PATH: join(folder, 'incident_log.jsonl'),
      RUNBOOKS_PATH: resolve(import.meta.dirname, '../runbooks.yml'),
    });
  });
  afterAll(() => bot.stop());

  const body = JSON.stringify({ alerts: [{ labels: { alertname: 'Some', severity: 'critical' } }] });
  survivesHostileRequests(
    hostileRequests({ write: { method: 'POST', path: '/alert', body }, read: '/incidents' }),
    () => bot,
  );

  const rules = readFileSync(resolve(import.meta.dirname, '../../prometheus/alert.rules.yml'), 'utf8');
  const alerts = [...rules.matchAll(/^\s*- alert: (\w+)$/gm)].map(([, name = '']) => name);

  it('has the page that runbook_url of every alert points to', async () => {
    const page = await (await fetch(`${bot.url}/runbooks`)).text();
    expect(alerts.length).toBeGreaterThan(10);
    for (const name of alerts.filter((name) => name !== 'Watchdog'))
      expect(page, name).toContain(`id="${name.toLowerCase()}"`);
    const { checks } = (await (await fetch(`${bot.url}/health`)).json()) as { checks: Record<string, object> };
    expect(checks['runbooks']).toMatchObject({ status: 'ok' });
  });

  it('has the console, with every file that its page names', async () => {
    const page = await (await fetch(bot.url)).text();
    const files = [...page.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path);
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const path of files) expect((await fetch(`${bot.url}${path}`)).status, path).toBe(200);
  });

  it('has examples in /docs that work as they are, whatever its port is', async () => {
    const page = await (await fetch(`${bot.url}/docs`)).text();
    expect(page).toContain(`curl ${bot.url}/incidents`);
    expect(page).not.toMatch(/curl[^<]*localhost:5001/);
  });
});

describe('the agent', () => {
  let agent: SpawnedService;
  beforeAll(async () => {
    agent = await spawnService('alert-bot', { DOCKER_HOST: `unix://${folder}/no-engine.sock` }, { args: ['agent'] });
  });
  afterAll(() => agent.stop());

  survivesHostileRequests(
    hostileRequests({
      write: { method: 'POST', path: '/v2/restart', body: '{}' },
      read: '/health/live',
      checked: '/v2/ping',
    }),
    () => agent,
  );
});
