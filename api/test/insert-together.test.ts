import { createLogger } from '@stack/service-kit/logger';
import { createPool, type Pool, type Queryable } from '@stack/service-kit/postgres';
import { eventually } from '@stack/test-kit/eventually';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertTransactions } from '../src/sql/insert-transactions.ts';
import { emptyTables, useApi, validBody } from './support/api.ts';

const { api, database } = await useApi();
beforeEach(() => emptyTables(database));

const postAll = (bodies: object[]) => Promise.all(bodies.map((body) => api.post('/transactions', body)));
/** Rows of one statement share the number of its database transaction. */
const countStatements = async () =>
  Number((await database.query('SELECT count(DISTINCT xmin::text) FROM transactions'))[0]?.['count']);

describe('transactions that come at the same time', () => {
  it('are each answered with their own row', async () => {
    const bodies = Array.from({ length: 200 }, (_, n) => ({
      ...validBody,
      accountId: `acc-${n % 7}`,
      amount: `${1 + (n % 3)}.00`,
      ...(n % 2 === 0 && { description: `number ${n}\twith "a tab"` }),
    }));
    const answers = await postAll(bodies);
    for (const [index, { status, body, headers }] of answers.entries()) {
      expect([status, body]).toMatchObject([201, { description: null, ...bodies[index] }]);
      expect(headers.get('location')).toBe(`/transactions/${body.id}`);
      expect((await api.get(`/transactions/${body.id}`)).body).toEqual(body);
    }
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(200);
  });

  it('wait for those that are being stored, and are then stored together', async () => {
    await database.query('BEGIN');
    await database.query('LOCK TABLE transactions IN EXCLUSIVE MODE');
    const answers = postAll(Array.from({ length: 50 }, () => validBody));
    await eventually(async () => (await api.metric('api_inserts_waiting')) === 48); // two are under way
    const before = (await api.metric('api_insert_statements_total')) as number;
    await database.query('COMMIT');
    expect(new Set((await answers).map(({ status }) => status))).toEqual(new Set([201]));
    expect(await countStatements()).toBe(3);
    expect(await api.metric('api_insert_statements_total')).toBe(before + 3);
    expect(await api.metric('api_inserts_waiting')).toBe(0);
  });

  it('one after the other are each stored at once', async () => {
    for (let i = 0; i < 5; i++) expect((await api.post('/transactions', validBody)).status).toBe(201);
    expect(await countStatements()).toBe(5);
  });

  it('do not suffer from one that the database refuses', async () => {
    await database.query(`ALTER TABLE transactions ADD CONSTRAINT no_thirteen CHECK (account_id <> 'acc-13')`);
    const before = (await api.metric('api_insert_statements_total')) as number;
    try {
      const answers = await postAll(Array.from({ length: 40 }, (_, n) => ({ ...validBody, accountId: `acc-${n}` })));
      const refused = answers.flatMap(({ status }, n) => (status === 201 ? [] : [[n, status]]));
      expect(refused).toEqual([[13, 500]]);
      expect((await database.query('SELECT count(*) FROM transactions'))[0]).toEqual({ count: '39' });
      expect(await api.metric('api_insert_statements_total')).toBe(before + (await countStatements()));
    } finally {
      await database.query('ALTER TABLE transactions DROP CONSTRAINT no_thirteen');
    }
  });
});

describe('insertTransactions', () => {
  let pool: Pool;
  beforeAll(() => {
    const logger = createLogger({ service: 'test', level: 'silent' });
    pool = createPool({ connectionString: database.url, applicationName: 'test', logger });
  });
  afterAll(() => pool.end());

  /** The real database, but for the order of its rows. */
  const backwards = () =>
    ({
      query: async (query: never) => {
        const result = (await pool.query(query)) as unknown as { rows: unknown[] };
        return { ...result, rows: result.rows.reverse() };
      },
    }) as unknown as Queryable;
  const transactions = ['a', 'b', 'a', 'c'].map((accountId) => ({ accountId, amount: '1.00', currency: 'EUR' }));

  it('gives each its own row in whatever order the rows come back', async () => {
    for (const queryable of [pool, backwards()]) {
      const stored = await insertTransactions(queryable, transactions);
      expect(stored.map(({ json }) => JSON.parse(json).accountId)).toEqual(['a', 'b', 'a', 'c']);
      expect(new Set(stored.map(({ id }) => id)).size).toBe(4);
      expect(stored.map(({ id, json }) => JSON.parse(json).id === id)).toEqual([true, true, true, true]);
    }
  });

  it('stores nothing for nothing', async () => {
    expect(await insertTransactions(pool, [])).toEqual([]);
  });
});
