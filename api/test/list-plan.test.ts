import { createTestDatabase, type TestDatabase } from '@stack/test-kit/test-database';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ListOptions, listTransactions } from '../src/sql/list-transactions.ts';

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await database.query(
    `INSERT INTO transactions (account_id, amount, currency) SELECT 'acc', 1, 'EUR' FROM generate_series(1, 20000)`,
  );
  await database.query('ANALYZE transactions');
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** The plan of the very statement that the list sends. */
async function plan(mode: string, options: ListOptions): Promise<string> {
  let sent: { text: string; values: unknown[] } | undefined;
  const query = async (config: typeof sent) => {
    sent = config;
    return { rows: [] };
  };
  await listTransactions({ query } as never, options);
  await client.query(`SET plan_cache_mode = ${mode}`);
  await client.query(`PREPARE list (${options.status ? 'bigint, text' : 'bigint'}) AS ${sent?.text}`);
  const values = (sent?.values ?? []).map((value) => client.escapeLiteral(String(value)));
  const { rows } = await client.query(`EXPLAIN EXECUTE list (${values.join(', ')})`);
  await client.query('DEALLOCATE list');
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

describe.each(['force_generic_plan', 'force_custom_plan'])('with %s the list', (mode) => {
  it.each([
    ['of all', {}, 'transactions_pkey'],
    ['from the middle', { before: '10000' }, 'transactions_pkey'],
    ['of the status that all rows have', { status: 'pending' as const }, 'transactions_status_id_key'],
    ['of a status that no row has', { status: 'failed' as const }, 'transactions_status_id_key'],
    ['of a status from the middle', { status: 'failed' as const, before: '10000' }, 'transactions_status_id_key'],
  ])('%s reads one page of one index, and sorts and filters nothing', async (_, options, index) => {
    for (const limit of [50, 500]) {
      const text = await plan(mode, { limit, ...options });
      expect(text).toContain(`Index Scan Backward using ${index} on transactions`);
      expect(text).not.toMatch(/Seq Scan|Filter:/);
    }
  });
});
