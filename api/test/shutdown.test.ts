import { request } from 'node:http';
import { eventually } from '@stack/test-kit/eventually';
import { type SpawnedService, spawnService } from '@stack/test-kit/spawn-service';
import { createTestDatabase, type TestDatabase } from '@stack/test-kit/test-database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, validBody } from './support/api.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** compose's stop_grace_period is longer than this. */
const graceMs = 10_000;

interface Outcome {
  status: number | undefined;
  /** Of the error, when there was no answer, or only half of one. */
  code: string | undefined;
}

/** One POST on a connection of its own: what became of it. */
function post(url: string, key: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const outcome: Outcome = { status: undefined, code: undefined };
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const req = request(`${url}/transactions`, { method: 'POST', headers, agent: false }, (res) => {
      outcome.status = res.statusCode;
      res.resume().once('close', () => {
        if (!res.complete) outcome.code = 'incomplete';
        resolve(outcome);
      });
    });
    req.on('error', (error: NodeJS.ErrnoException) => resolve({ ...outcome, code: error.code }));
    req.end(JSON.stringify(validBody));
  });
}

const start = (env: Record<string, string> = {}) => spawnService('api', { DATABASE_URL: database.url, ...env });
const storedKeys = async () =>
  new Set((await database.query<{ key: string }>('SELECT key FROM idempotency_keys')).map(({ key }) => key));

describe('SIGTERM', () => {
  it('under load: every accepted request is answered, what was acknowledged is stored, exit code 0 within the grace', async () => {
    const service = await start();
    const outcomes = new Map<string, Outcome>();
    let isLoading = true;
    const client = async (name: number) => {
      for (let i = 0; isLoading; i++) {
        const key = `load-${name}-${i}`;
        outcomes.set(key, await post(service.url, key));
      }
    };
    const clients = Array.from({ length: 16 }, (_, name) => client(name));
    await eventually(() => outcomes.size > 100);
    const askedAt = performance.now();
    const exit = await service.stop();
    expect(performance.now() - askedAt).toBeLessThan(graceMs);
    expect(exit).toEqual({ code: 0, signal: null });
    isLoading = false;
    await Promise.all(clients);

    const all = [...outcomes.entries()];
    const answered = all.filter(([, { status }]) => status !== undefined);
    expect(new Set(answered.map(([, { status, code }]) => `${status} ${code}`))).toEqual(new Set(['201 undefined']));
    // whoever has no answer was not accepted: nobody listened, or the system reset what the process had not taken yet
    const refused = all.filter(([, { status }]) => status === undefined);
    expect(refused.filter(([, { code }]) => code !== 'ECONNREFUSED' && code !== 'ECONNRESET')).toEqual([]);
    const stored = await storedKeys();
    for (const [key] of answered) expect(stored.has(key), key).toBe(true);
    for (const [key] of refused) expect(stored.has(key), key).toBe(false);
  });

  it('keeps its word to a request that takes longer than it is polite', async () => {
    const service = await start({ FAULTS_ENABLED: 'true', LOG_LEVEL: 'debug' });
    await ask(`${service.url}/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"latencyMs":60000}',
    });
    const slow = ask(`${service.url}/transactions`);
    await eventually(async () => (await ask(`${service.url}/metrics`)).text.includes('api_requests_in_flight 1'));
    const exit = await service.stop();
    expect((await slow).status).toBe(200); // the latency fault ends with the process that has it
    expect((await slow).headers.get('connection')).toBe('close');
    expect(exit.code).toBe(0);
  });

  it('twice, or before anything was asked, is still a clean end', async () => {
    const service = await start();
    service.kill('SIGTERM');
    expect((await service.exited).code).toBe(0);
  });
});

describe('kill -9', () => {
  it('under load loses nothing that was acknowledged, and sending again with the same keys stores each once', async () => {
    let service: SpawnedService = await start();
    const acknowledged = new Set<string>();
    const keys = Array.from({ length: 400 }, (_, i) => `crash-${i}`);
    const sending = keys.map(async (key, i) => {
      await new Promise((resolve) => setTimeout(resolve, i)); // one each millisecond: some before, some in, some after
      const { status } = await post(service.url, key);
      if (status === 201) acknowledged.add(key);
    });
    await eventually(() => acknowledged.size > 50, { intervalMs: 1 });
    service.kill('SIGKILL');
    await service.exited;
    await Promise.all(sending);
    expect(acknowledged.size).toBeLessThan(keys.length);
    const stored = await storedKeys();
    for (const key of acknowledged) expect(stored.has(key), key).toBe(true);

    service = await start();
    const again = await Promise.all(keys.map((key) => post(service.url, key)));
    expect(new Set(again.map(({ status }) => status))).toEqual(new Set([201]));
    const [row] = await database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM transactions JOIN idempotency_keys ON transaction_id = id WHERE key LIKE 'crash-%'`,
    );
    expect(row).toEqual({ n: keys.length });
    const orphans = await database.query(
      'SELECT id FROM transactions WHERE id NOT IN (SELECT transaction_id FROM idempotency_keys)',
    );
    expect(orphans).toEqual([]);
    expect((await service.stop()).code).toBe(0);
  });
});
