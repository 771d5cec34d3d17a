import { spawnService } from '@stack/test-kit/spawn-service';
import { expect, test } from 'vitest';

test('a stack trace of a bundled service names its sources by line, and packages by file', async () => {
  const service = await spawnService('api', {
    DATABASE_URL: 'postgres://nobody:nothing@127.0.0.1:1/nothing',
    FAULTS_ENABLED: 'true',
  });
  await fetch(`${service.url}/transactions`);
  await fetch(`${service.url}/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"crash":true}',
  });
  await service.exited;
  const stacks = service.logs.map(({ err }) => (err as { stack?: string } | undefined)?.stack ?? '').join('\n');
  expect(stacks).toMatch(/at .*\/api\/src\/service\.ts:\d+:\d+/);
  expect(stacks).toMatch(/main\.js:\d+:\d+, node_modules\/pg/);
  expect(stacks).not.toMatch(/main\.js:\d+:\d+\)?$/m);
});
