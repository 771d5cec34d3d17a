import { eventually } from '@stack/test-kit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnService } from '../src/spawn-service.ts';
import { createTestDatabase, type TestDatabase } from '../src/test-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

describe('a spawned service', () => {
  it('is the real bundle on a port of its own; it stops cleanly, and its log can be read', async () => {
    const api = await spawnService('api', { DATABASE_URL: database.url });
    expect(await (await fetch(`${api.url}/health`)).json()).toMatchObject({ status: 'ok' });
    expect(await api.stop()).toEqual({ code: 0, signal: null });
    expect(api.logs.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['listening', 'stopping', 'stopped']));
  });

  it('can be killed, and says how it ended', async () => {
    const [one, other] = await Promise.all([1, 2].map(() => spawnService('api', { DATABASE_URL: database.url })));
    one?.kill('SIGKILL');
    expect(await one?.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await eventually(async () => (await fetch(`${other?.url}/health/live`)).ok);
    await other?.stop();
  });

  it('that does not start is an error with what it printed', async () => {
    await expect(spawnService('api', {})).rejects.toThrow(
      /api ended with 2 before it listened:\nThe configuration is not usable:\n {2}- DATABASE_URL: is required/,
    );
    await expect(spawnService('nothing', {})).rejects.toThrow('bundle/nothing could not be made for this run');
  });
});
