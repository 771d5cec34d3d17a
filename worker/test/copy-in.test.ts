import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyIn, copyText } from '../src/sql/copy-in.ts';
import { insertPending } from '../src/sql/insert-pending.ts';
import { openWorkerDatabase, type WorkerDatabase } from './support/database.ts';

let db: WorkerDatabase;
beforeEach(async () => {
  db = await openWorkerDatabase();
});
afterEach(() => db.close());

const row = { accountId: 'acct-1', amount: '12.30', currency: 'EUR', description: 'plain' };
const intoTransactions = 'COPY transactions (account_id, amount, currency, description) FROM STDIN';

describe('COPY', () => {
  it.each([
    '',
    ' ',
    '\\',
    '\\.',
    '\\N',
    'a\tb',
    'a\nb\r\nc',
    'back\\slash\\',
    '"quoted", \'so\'',
    'ünïcode 🙂',
    '\u0001',
  ])('brings %j as it is', async (description) => {
    expect(await insertPending(db.pool, [{ ...row, description }, row])).toBe(2);
    const { rows } = await db.pool.query('SELECT account_id, amount, currency, description, status FROM transactions');
    const stored = { account_id: 'acct-1', amount: '12.30', currency: 'EUR', status: 'pending' };
    expect(rows).toEqual([
      { ...stored, description },
      { ...stored, description: 'plain' },
    ]);
  });

  it('of one bad row among many inserts none, and the connection is as good as before', async () => {
    const client = await db.pool.connect();
    const batch = Array.from({ length: 5_000 }, (_, n) => (n === 4_321 ? { ...row, amount: '-1.00' } : row));
    await expect(insertPending(client, batch)).rejects.toMatchObject({ code: '23514' });
    expect(await insertPending(client, [row])).toBe(1);
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    client.release();
    expect((await db.ledger()).pending).toBe(1);
  });

  it('that the server refuses at once leaves the connection in step, whatever rows were on their way', async () => {
    const client = await db.pool.connect();
    const many = `${copyText('x')}\n`.repeat(200_000);
    await expect(copyIn(client, 'COPY nowhere (name) FROM STDIN', many)).rejects.toMatchObject({ code: '42P01' });
    await expect(copyIn(client, 'COPY settlements (settled_by) FROM STDIN', many)).rejects.toThrow();
    expect(await copyIn(client, intoTransactions, 'acct-1\t1.00\tEUR\tafter\n')).toBe(1);
    expect((await client.query('SELECT description FROM transactions')).rows).toEqual([{ description: 'after' }]);
    client.release();
  });

  it('is ended by the statement timeout and by a lost session as any statement is', async () => {
    const client = await db.pool.connect();
    await db.asOwner(
      'CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(9); RETURN NEW; END $$',
    );
    await db.asOwner('CREATE TRIGGER slow BEFORE INSERT ON transactions FOR EACH ROW EXECUTE FUNCTION slow()');
    await client.query('SET statement_timeout = 100');
    await expect(insertPending(client, [row])).rejects.toMatchObject({ code: '57014' });
    await client.query('SET statement_timeout = 9000');
    const cutOff = expect(insertPending(client, [row])).rejects.toThrow();
    await db.terminate('worker-test');
    await cutOff;
    client.release(true);
    await db.asOwner('DROP TRIGGER slow ON transactions');
    expect((await db.ledger()).pending).toBe(0);
  });
});
