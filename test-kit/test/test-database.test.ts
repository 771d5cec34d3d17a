import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from '../src/test-database.ts';

describe('a test database', () => {
  it('is migrated, empty, and its own', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await one.query("INSERT INTO transactions (account_id, amount, currency) VALUES ('a', 1, 'EUR')");
    expect(await one.query('SELECT count(*)::int FROM transactions')).toEqual([{ count: 1 }]);
    expect(await other.query('SELECT count(*)::int FROM transactions')).toEqual([{ count: 0 }]);
    await Promise.all([one.drop(), other.drop()]);
  });

  it('is dropped although a connection leaks, and the leak is reported', async () => {
    const database = await createTestDatabase();
    const leaking = new pg.Client({ connectionString: database.url, application_name: 'the-leak' });
    leaking.on('error', () => undefined);
    await leaking.connect();
    await expect(database.drop()).rejects.toThrow(/connections were left open.*\n {2}the-leak as app, idle/);
    const other = await createTestDatabase();
    expect(await other.query('SELECT FROM pg_database WHERE datname = $1', [database.name])).toEqual([]);
    await other.drop();
  });
});
