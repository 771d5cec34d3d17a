import { createTestDatabase, type TestDatabase } from '@stack/test-kit/test-database';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTransactions } from '../../api/src/sql/find-transactions.ts';
import { insertTransactionOnce } from '../../api/src/sql/insert-transaction-once.ts';
import { listTransactions } from '../../api/src/sql/list-transactions.ts';
import { claimPending } from '../../worker/src/sql/claim-pending.ts';
import { countBacklog } from '../../worker/src/sql/count-backlog.ts';
import { pruneIdempotencyKeys } from '../../worker/src/sql/prune-idempotency-keys.ts';
import { pruneSettled } from '../../worker/src/sql/prune-settled.ts';
import { settleClaimed } from '../../worker/src/sql/settle-claimed.ts';

// The plans in README.md are this test's: PRINT_PLANS=1 npx vitest run db/test/plans.test.ts

let database: TestDatabase;
let client: pg.Client;

/** 240,000 transactions: 2,000 pending and the newest, 2 % failed, the rest settled over two days; 20,000 keys. */
beforeAll(async () => {
  database = await createTestDatabase();
  await database.query(`
    INSERT INTO transactions (account_id, amount, currency, description, status, created_at, settled_at)
    SELECT 'acct-' || n % 500, 1 + n % 10000 / 100.0, 'EUR', 'order ' || n, CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'settled' END,
           now() - interval '2 days' * (240000 - n) / 240000, now() - interval '2 days' * (240000 - n) / 240000
    FROM generate_series(1, 238000) n`);
  await database.query(`INSERT INTO settlements (transaction_id, outcome) SELECT id, status FROM transactions`);
  await database.query(
    `INSERT INTO transactions (account_id, amount, currency) SELECT 'acct-' || n % 500, 1, 'EUR' FROM generate_series(1, 2000) n`,
  );
  await database.query(`
    INSERT INTO idempotency_keys (key, request_hash, transaction_id, response, created_at)
    SELECT 'key-' || n, sha256('x'), n, '{"id":"1"}', now() - interval '2 days' * (20000 - n) / 20000
    FROM generate_series(1, 20000) n`);
  await database.query('VACUUM ANALYZE');
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query("SET timezone = 'UTC'");
}, 120_000);
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

type Statement = { text: string; values?: unknown[] };
type Pool = Parameters<typeof insertTransactionOnce>[0];

/** The last statement that a function of api or worker sends: the very text, so this test cannot lag behind. */
async function statementOf(call: (pool: Pool) => Promise<unknown>): Promise<Statement> {
  let last: Statement | undefined;
  const query = async (first: string | Statement, values: unknown[] = []) => {
    last = typeof first === 'string' ? { text: first, values } : first;
    return { rows: [{}], rowCount: 1 };
  };
  await call({ query, connect: async () => ({ query, release: () => undefined }) } as never as Pool).catch(
    () => undefined,
  ); // the answer is a fake
  return last as Statement;
}

async function explain({ text, values = [] }: Statement, how: string): Promise<string> {
  await client.query('BEGIN');
  try {
    const { rows } = await client.query({ text: `EXPLAIN (${how}) ${text}`, values });
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  } finally {
    await client.query('ROLLBACK');
  }
}

const newTransaction = { accountId: 'a', amount: '1.00', currency: 'EUR', description: 'x' };
const verdicts = Array.from({ length: 100 }, (_, n) => ({ id: String(238_001 + n), outcome: 'settled' as const }));
const once = { key: 'key-19999', requestHash: Buffer.alloc(32) };

describe('on 240,000 rows', () => {
  it.each<[string, (pool: Pool) => Promise<unknown>, string[]]>([
    ['api: the newest page', (pool) => listTransactions(pool, { limit: 50 }), ['transactions_pkey']],
    [
      'api: a page in the middle',
      (pool) => listTransactions(pool, { limit: 50, before: '120000' }),
      ['transactions_pkey'],
    ],
    [
      'api: a page of failed ones',
      (pool) => listTransactions(pool, { limit: 50, before: '120000', status: 'failed' }),
      ['transactions_status_id_key'],
    ],
    ['api: one transaction', (pool) => findTransactions(pool, ['120000']), ['transactions_pkey']],
    [
      'api: several transactions',
      (pool) =>
        findTransactions(
          pool,
          Array.from({ length: 100 }, (_, n) => `${1 + n * 2_000}`),
        ),
      ['transactions_pkey'],
    ],
    ['api: store once', (pool) => insertTransactionOnce(pool, once, newTransaction), ['idempotency_keys_pkey']],
    // the first page of a status that almost every row has, and of one that only the newest rows have
    [
      'api: a page of settled ones',
      (pool) => listTransactions(pool, { limit: 50, status: 'settled' }),
      ['transactions_'],
    ],
    ['worker: claim', (pool) => claimPending(pool, { limit: 100, maxHoldMs: 1_000 }), ['transactions_pending_idx']],
    ['worker: settle', (pool) => settleClaimed(pool, verdicts), ['Index Scan using transactions_']],
    ['worker: count the backlog', (pool) => countBacklog(pool), ['Index Only Scan using transactions_pending_idx']],
    [
      'worker: prune settled',
      (pool) => pruneSettled(pool, { olderThanHours: 24, limit: 1_000 }),
      ['transactions_settled_at_idx', 'transactions_pkey'],
    ],
    [
      'worker: prune keys',
      (pool) => pruneIdempotencyKeys(pool, { olderThanHours: 24, limit: 1_000 }),
      ['idempotency_keys_created_at_idx', 'idempotency_keys_pkey'],
    ],
  ])('%s uses its index and never reads the whole table', async (name, call, indexes) => {
    const statement = await statementOf(call);
    const plan = await explain(statement, 'COSTS off');
    for (const index of indexes) expect(plan).toContain(index);
    expect(plan).not.toContain('Seq Scan');
    if (process.env['PRINT_PLANS'])
      console.log(`### ${name}\n${await explain(statement, 'ANALYZE, COSTS off, BUFFERS off, SUMMARY on')}`);
  });
});
