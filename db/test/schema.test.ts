import { createTestDatabase, type TestDatabase } from '@stack/test-kit/test-database';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

let database: TestDatabase;
let app: pg.Client;
let monitor: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  app = new pg.Client({ connectionString: database.url });
  monitor = new pg.Client({ connectionString: database.monitorUrl });
  await Promise.all([app.connect(), monitor.connect()]);
});
beforeEach(async () => {
  await database.query('TRUNCATE transactions, settlements, idempotency_keys');
});
afterAll(async () => {
  await Promise.all([app?.end(), monitor?.end()]);
  await database?.drop();
});

const good = { account_id: 'acc-1', amount: '12.50', currency: 'EUR', description: 'coffee' };

async function insert(row: Record<string, unknown> = {}): Promise<string> {
  const columns = Object.entries({ ...good, ...row });
  const names = columns.map(([name]) => name).join(', ');
  const places = columns.map((_, index) => `$${index + 1}`).join(', ');
  const values = columns.map(([, value]) => value);
  const rows = await database.query(`INSERT INTO transactions (${names}) VALUES (${places}) RETURNING id`, values);
  return rows[0]?.['id'];
}

async function settle(id: string, outcome = 'settled', ledgerOutcome = outcome): Promise<void> {
  await database.query(
    `WITH updated AS (UPDATE transactions SET status = $2, settled_at = clock_timestamp() WHERE id = $1 RETURNING id)
     INSERT INTO settlements (transaction_id, outcome) SELECT id, $3 FROM updated`,
    [id, outcome, ledgerOutcome],
  );
}

describe('a row that cannot be', () => {
  it.each([
    ['amount of zero', { amount: '0' }, 'transactions_amount_range'],
    ['negative amount', { amount: '-0.01' }, 'transactions_amount_range'],
    ['amount that rounds to zero', { amount: '0.004' }, 'transactions_amount_range'],
    ['amount that is not a number', { amount: 'NaN' }, 'transactions_amount_range'],
    ['amount without end', { amount: 'Infinity' }, 'numeric field overflow'],
    ['amount of 13 digits', { amount: '1000000000000' }, 'numeric field overflow'],
    ['currency in small letters', { currency: 'eur' }, 'transactions_currency_format'],
    ['currency of two letters', { currency: 'EU' }, 'transactions_currency_format'],
    ['currency of four letters', { currency: 'EURO' }, 'value too long'],
    ['account without a name', { account_id: '' }, 'transactions_account_id_format'],
    ['account with a space', { account_id: 'a b' }, 'transactions_account_id_format'],
    ['account with a line break at its end', { account_id: 'a\n' }, 'transactions_account_id_format'],
    ['account of 65 characters', { account_id: 'a'.repeat(65) }, 'transactions_account_id_format'],
    ['account with NUL', { account_id: 'a\0' }, 'invalid byte sequence'],
    ['description of 501 characters', { description: 'é'.repeat(501) }, 'transactions_description_length'],
    ['description with NUL', { description: 'a\0b' }, 'invalid byte sequence'],
    ['unknown status', { status: 'lost', settled_at: new Date() }, 'transactions_status_known'],
    ['pending with a settlement time', { settled_at: new Date() }, 'transactions_settled_at_matches_status'],
    ['settled without a time', { status: 'settled' }, 'transactions_settled_at_matches_status'],
    ['failed without a time', { status: 'failed' }, 'transactions_settled_at_matches_status'],
    ['id of its own choice', { id: '7' }, 'cannot insert a non-DEFAULT value into column "id"'],
    ['no account', { account_id: null }, 'violates not-null constraint'],
  ])('%s is refused', async (_case, row, reason) => {
    await expect(insert(row)).rejects.toThrow(reason);
  });

  it.each([
    [{ amount: '0.01' }],
    [{ amount: '999999999999.99' }],
    [{ account_id: 'a'.repeat(64) }],
    [{ description: 'é'.repeat(500) }],
    [{ description: null }],
    [{ description: '' }],
  ])('but %j is a good one', async (row) => {
    expect(await insert(row)).toMatch(/^\d+$/);
  });

  const key = { key: 'k', request_hash: Buffer.alloc(32), transaction_id: 1, response: '{}' };
  it.each([
    ['an empty key', { key: '' }, 'idempotency_keys_key_format'],
    ['a key with a space', { key: 'a b' }, 'idempotency_keys_key_format'],
    ['a key of 256 characters', { key: 'k'.repeat(256) }, 'idempotency_keys_key_format'],
    ['a hash of another length', { request_hash: Buffer.alloc(31) }, 'idempotency_keys_request_hash_sha256'],
    ['an answer that is no JSON', { response: 'oops' }, 'idempotency_keys_response_object'],
    ['an answer that is no object', { response: '[]' }, 'idempotency_keys_response_object'],
  ])('idempotency: %s is refused', async (_case, row, reason) => {
    const values = Object.values({ ...key, ...row });
    const statement = `INSERT INTO idempotency_keys (${Object.keys(key)}) VALUES ($1, $2, $3, $4)`;
    await expect(database.query(statement, values)).rejects.toThrow(reason);
  });
});

describe('a settlement', () => {
  it('is in the row and in the ledger, signed by who did it', async () => {
    await settle(await insert(), 'failed');
    expect(await database.query('SELECT outcome, settled_by FROM settlements')).toEqual([
      { outcome: 'failed', settled_by: 'test-kit' },
    ]);
  });

  it('cannot happen twice', async () => {
    const id = await insert();
    await settle(id);
    await expect(settle(id)).rejects.toThrow('is settled already: that is final');
    const again = database.query("INSERT INTO settlements (transaction_id, outcome) VALUES ($1, 'settled')", [id]);
    await expect(again).rejects.toThrow('settlements_pkey');
  });

  it('cannot be undone or turned into the other outcome', async () => {
    const id = await insert();
    await settle(id);
    for (const change of ["status = 'pending', settled_at = NULL", "status = 'failed'"])
      await expect(database.query(`UPDATE transactions SET ${change} WHERE id = $1`, [id])).rejects.toMatchObject({
        code: '23514',
        constraint: 'transactions_final',
      });
  });

  it('cannot say something else in the ledger than in the row', async () => {
    await expect(settle(await insert(), 'settled', 'failed')).rejects.toThrow('settlements_match_transaction');
  });

  it('cannot be of a pending transaction, or of none', async () => {
    const statement = "INSERT INTO settlements (transaction_id, outcome) VALUES ($1, 'settled')";
    for (const id of [await insert(), '999999999'])
      await expect(database.query(statement, [id])).rejects.toThrow('settlements_match_transaction');
  });

  it('goes with its transaction', async () => {
    await settle(await insert());
    await app.query('DELETE FROM transactions');
    expect(await database.query('SELECT FROM settlements')).toHaveLength(0);
  });
});

describe('the role app', () => {
  it.each([
    'CREATE TABLE mine ()',
    'CREATE SCHEMA mine',
    'ALTER TABLE transactions ADD COLUMN more int',
    'DROP TABLE transactions',
    'TRUNCATE transactions',
    'CREATE ROLE other',
    "UPDATE transactions SET amount = 1 WHERE account_id = 'acc-1'",
    'UPDATE transactions SET created_at = now()',
    "INSERT INTO transactions (account_id, amount, currency, status, settled_at) VALUES ('a', 1, 'EUR', 'settled', now())",
    "UPDATE settlements SET outcome = 'failed'",
    'DELETE FROM settlements',
    "UPDATE idempotency_keys SET response = '{}'",
    'SELECT * FROM schema_migrations',
    'SELECT * FROM pg_authid',
    "COPY transactions TO '/tmp/stolen'",
  ])('may not: %s', async (statement) => {
    await expect(app.query(statement)).rejects.toThrow(/permission denied|must be owner/);
  });
});

describe('the role monitor', () => {
  it('reads transactions and statistics', async () => {
    await insert();
    expect((await monitor.query('SELECT count(*)::int FROM transactions')).rows).toEqual([{ count: 1 }]);
    const { rows } = await monitor.query("SELECT count(*)::int AS others FROM pg_stat_activity WHERE query <> ''");
    expect(rows[0].others).toBeGreaterThan(1);
  });

  it.each([
    'DELETE FROM transactions',
    "INSERT INTO transactions (account_id, amount, currency) VALUES ('a', 1, 'EUR')",
    'UPDATE settlements SET settled_by = settled_by',
    'SELECT * FROM idempotency_keys',
    'CREATE TABLE mine ()',
  ])('may not: %s', async (statement) => {
    await expect(monitor.query(statement)).rejects.toThrow(/permission denied|read-only transaction/);
    await expect(monitor.query(`BEGIN READ WRITE; ${statement}; COMMIT`)).rejects.toThrow('permission denied');
    await monitor.query('ROLLBACK');
  });

  it('cannot write anywhere, unless it says so on purpose', async () => {
    await expect(monitor.query('CREATE TEMP TABLE mine ()')).rejects.toThrow('read-only transaction');
  });
});
