import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { hostileRequests } from '@stack/test-kit/hostile-requests';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { survivesHostileRequests } from '@stack/test-kit/survives-hostile-requests';
import { afterAll, beforeAll, describe } from 'vitest';

// The very file that the image ships, in both of its roles: what build.mjs leaves out or loads late is missed by requests only.

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
});

describe('the agent', () => {
  let agent: SpawnedService;
  beforeAll(async () => {
    agent = await spawnService('alert-bot', { DOCKER_HOST: `unix://${folder}/no-engine.sock` }, { args: ['agent'] });
  });
  afterAll(() => agent.stop());

  survivesHostileRequests(
    hostileRequests({
      write: { method: 'POST', path: '/v1/restart', body: '{}' },
      read: '/health/live',
      checked: '/v1/ping',
    }),
    () => agent,
  );
});
