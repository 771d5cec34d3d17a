import { createTestDatabase, type TestDatabase } from '@stack/test-kit/test-database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listPanelQueries } from '../src/panel-queries.ts';

const queries = listPanelQueries().filter((query) => query.datasource === 'postgres');

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.query(
    `INSERT INTO transactions (account_id, amount, currency) SELECT 'account-' || n, n, 'EUR' FROM generate_series(1, 20000) n`,
  );
  await database.query(`UPDATE transactions SET status = 'settled', settled_at = now() WHERE id % 2 = 0`);
  await database.query('ANALYZE transactions');
  await database.query('SET ROLE monitor'); // what Grafana connects as
});
afterAll(async () => {
  await database.drop();
});

describe.each(queries)('$dashboard: $panel', ({ text }) => {
  test('returns rows to the read-only role', async () => {
    expect((await database.query(text)).length).toBeGreaterThan(1);
  });

  test('reads only the newest rows, however many there are', async () => {
    const plan = await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`);
    const lines = plan.map((line) => line['QUERY PLAN']).join('\n');
    expect(lines).not.toContain('Seq Scan on transactions');
    expect(lines).toContain('transactions_pkey');
  });
});

test('there are SQL panels, and none can write', async () => {
  expect(queries.length).toBeGreaterThan(0);
  await expect(database.query('DELETE FROM transactions')).rejects.toThrow('permission denied');
});
