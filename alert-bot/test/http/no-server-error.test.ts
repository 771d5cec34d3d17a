import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expectNoServerError } from '@stack/test-kit/expect-no-server-error';
import { type Described, describedRequests } from '@stack/test-kit/requests-of-openapi';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { afterAll, beforeAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'alert-bot-requests-'));
let bot: SpawnedService;
beforeAll(async () => {
  bot = await spawnService('alert-bot', {
    RUNTIME: 'dry-run',
    INCIDENT_LOG_PATH: join(folder, 'incident_log.jsonl'),
    RUNBOOKS_PATH: resolve(import.meta.dirname, '../../runbooks.yml'),
  });
});
afterAll(async () => {
  await bot.stop();
  rmSync(folder, { recursive: true });
});

it('no request that the document describes, or nearly does, is answered with an error of ours', async () => {
  const document = (await (await fetch(`${bot.url}/openapi.json`)).json()) as Described;
  await expectNoServerError({ url: bot.url, requests: describedRequests(document), runs: 1_500 });
  expect(bot.logs.filter(({ msg }) => msg === 'request failed')).toEqual([]);
  expect((await fetch(`${bot.url}/health/live`)).status).toBe(200);
});
