import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { transactionPageSchema, transactionSchema } from '../src/transactions/answer-schemas.ts';
import { emptyTables, type RunningApi, startApi, useApi, validBody } from './support/api.ts';

const { api, database } = await useApi();
beforeEach(() => emptyTables(database));

const seed = (count: number) =>
  database.query(
    `INSERT INTO transactions (account_id, amount, currency) SELECT 'seed-' || n, n, 'EUR' FROM generate_series(1, $1::int) n`,
    [count],
  );
const settle = (condition: string) =>
  database.query(`UPDATE transactions SET status = 'settled', settled_at = now() WHERE ${condition}`);

interface Item {
  id: string;
  accountId: string;
  status: string;
}

/** Follows nextCursor to the end; `between` runs after each page. */
async function walk(query: string, between: (page: number) => unknown = () => undefined): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  for (let page = 1; ; page++) {
    const { status, body }: Awaited<ReturnType<RunningApi['get']>> = await api.get(
      `/transactions?${query}${cursor === null ? '' : `&cursor=${cursor}`}`,
    );
    expect(status).toBe(200);
    items.push(...body.items);
    cursor = body.nextCursor;
    if (cursor === null) return items;
    await between(page);
  }
}
const ids = (items: Item[]) => items.map(({ id }) => Number(id));
const countdown = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => from - i);

describe('POST /transactions', () => {
  it.each([
    ['12.50', '12.50'],
    [12.5, '12.50'],
    ['7', '7.00'],
    [7, '7.00'],
    [0.01, '0.01'],
    ['0.1', '0.10'],
    ['999999999999.99', '999999999999.99'],
    [999999999999.99, '999999999999.99'],
    [1e3, '1000.00'],
  ])('stores the amount %j as %s', async (amount, stored) => {
    const { status, body } = await api.post('/transactions', { ...validBody, amount });
    expect([status, body.amount]).toEqual([201, stored]);
    expect((await database.query('SELECT amount::text FROM transactions'))[0]).toEqual({ amount: stored });
  });

  it('answers 201 with the transaction and its Location, which gives the same', async () => {
    const before = Date.now();
    const { status, headers, body } = await api.post('/transactions', {
      ...validBody,
      description: 'two "flat" whites ☕',
    });
    expect(status).toBe(201);
    expect(transactionSchema.parse(body)).toEqual(body);
    expect(body).toEqual({
      id: '1',
      accountId: 'acc-1',
      amount: '12.50',
      currency: 'EUR',
      description: 'two "flat" whites ☕',
      status: 'pending',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$/),
      settledAt: null,
    });
    expect(Date.parse(body.createdAt)).toBeGreaterThanOrEqual(before - 1_000);
    expect(headers.get('location')).toBe('/transactions/1');
    expect((await api.get('/transactions/1')).body).toEqual(body);
  });

  it('counts what it stored', async () => {
    const before = (await api.metric('api_transactions_created_total')) ?? 0;
    await Promise.all(Array.from({ length: 7 }, () => api.post('/transactions', validBody)));
    expect(await api.metric('api_transactions_created_total')).toBe(before + 7);
  });

  it('takes the longest texts that are allowed', async () => {
    const body = { ...validBody, accountId: 'a'.repeat(64), description: '€'.repeat(500) };
    expect((await api.post('/transactions', body)).body).toMatchObject(body);
    expect((await api.post('/transactions', { ...validBody, description: '😀'.repeat(250) })).status).toBe(201);
  });

  it('the same request 28 times without a key is 28 transactions', async () => {
    const answers = await Promise.all(Array.from({ length: 28 }, () => api.post('/transactions', validBody)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(28);
  });
});

describe('GET /transactions', () => {
  it('is an empty page when there is nothing', async () => {
    const { body } = await api.get('/transactions');
    expect(body).toEqual({ items: [], nextCursor: null });
    expect((await api.get('/transactions?status=failed&limit=500')).body).toEqual({ items: [], nextCursor: null });
  });

  it('gives 50 by default, newest first, and says whether more follow', async () => {
    await seed(50);
    const { body } = await api.get('/transactions');
    expect(transactionPageSchema.parse(body)).toEqual(body);
    expect([ids(body.items), body.nextCursor]).toEqual([countdown(50, 1), null]);
    await seed(1);
    const more = (await api.get('/transactions')).body;
    expect([ids(more.items), more.nextCursor]).toEqual([countdown(51, 2), expect.any(String)]);
  });

  it.each([1, 2, 7, 49, 50, 51, 100, 500])('walks through all of them in pages of %i', async (limit) => {
    await seed(101);
    expect(ids(await walk(`limit=${limit}`))).toEqual(countdown(101, 1));
  });

  it('walks through one status only', async () => {
    await seed(90);
    await settle('id % 3 = 0');
    expect(ids(await walk('limit=7&status=settled'))).toEqual(countdown(90, 1).filter((id) => id % 3 === 0));
    expect(ids(await walk('status=pending'))).toEqual(countdown(90, 1).filter((id) => id % 3 !== 0));
    expect(ids(await walk('status=failed'))).toEqual([]);
  });

  it('refuses a cursor of the list of another status', async () => {
    await seed(3);
    const { nextCursor } = (await api.get('/transactions?limit=1&status=pending')).body;
    for (const query of ['', '&status=settled']) {
      expect((await api.get(`/transactions?cursor=${nextCursor}${query}`)).body.code).toBe('invalid_cursor');
    }
  });

  it('a cursor still works when its row, or everything after it, is gone', async () => {
    await seed(20);
    const { nextCursor } = (await api.get('/transactions?limit=5')).body;
    await database.query('DELETE FROM transactions WHERE id IN (16, 15)');
    expect(ids((await api.get(`/transactions?limit=2&cursor=${nextCursor}`)).body.items)).toEqual([14, 13]);
    await database.query('DELETE FROM transactions WHERE id < 16');
    expect((await api.get(`/transactions?cursor=${nextCursor}`)).body).toEqual({ items: [], nextCursor: null });
  });

  it('shows a row that is settled during the walk once, as it is then', async () => {
    await seed(30);
    const items = await walk('limit=10', (page) => page === 1 && settle('id <= 20'));
    expect(ids(items)).toEqual(countdown(30, 1));
    expect(items.map(({ status }) => status)).toEqual([...Array(10).fill('pending'), ...Array(20).fill('settled')]);
  });

  it('neither skips nor repeats a row while others are inserted, by many at once and out of order', async () => {
    await seed(400);
    let isWalking = true;
    let inserted = 0;
    const insert = async () => {
      while (isWalking) {
        await api.post('/transactions', validBody);
        inserted++;
      }
    };
    const inserters = Array.from({ length: 4 }, insert);
    // takes an id now and commits when others with higher ids are long there
    const late = await lateCommit();
    for (let round = 1; round <= 4; round++) {
      const there = await database.query<{ id: string }>('SELECT id FROM transactions');
      const seen = ids(await walk('limit=13', (page) => page === 5 && round === 2 && late.commit()));
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual(seen.toSorted((a, b) => b - a));
      expect(new Set(seen)).toEqual(new Set([...seen, ...there.map(({ id }) => Number(id))]));
    }
    isWalking = false;
    await Promise.all(inserters);
    expect(inserted).toBeGreaterThan(20);
    expect(ids(await walk('limit=500'))).toContain(late.id);
  });

  /** A row in an open transaction: its id is given out, the row is not visible yet. */
  async function lateCommit(): Promise<{ id: number; commit: () => Promise<unknown> }> {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: database.adminUrl });
    await client.connect();
    await client.query('BEGIN');
    const { rows } = await client.query(
      `INSERT INTO transactions (account_id, amount, currency) VALUES ('late', 1, 'EUR') RETURNING id`,
    );
    return { id: Number(rows[0].id), commit: () => client.query('COMMIT').then(() => client.end()) };
  }

  const nasty = ['', 'plain', 'a\tb\t', '"quoted" \\ and / \b\f\n\r\u0001\u001f\u007f', 'é漢😀\u2028', 'x'.repeat(500)];
  const answerTo = async (path: string, init?: RequestInit) => (await fetch(api.url + path, init)).text();

  it('prints a transaction letter by letter as every other answer does, whatever its description holds', async () => {
    const post = (description: string | undefined, key: Record<string, string>) =>
      answerTo('/transactions', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...key },
        body: JSON.stringify({ ...validBody, description }),
      });
    const descriptions = [undefined, ...nasty];
    for (const [n, description] of descriptions.entries()) {
      const created = await post(description, n % 2 === 0 ? {} : { 'idempotency-key': `printed-${n}` });
      expect(JSON.parse(created).description).toBe(description ?? null);
      expect(await answerTo(`/transactions/${n + 1}`)).toBe(created);
    }
    await settle('id % 3 = 0');
    const single = await Promise.all(descriptions.map((_, n) => answerTo(`/transactions/${descriptions.length - n}`)));
    expect(await answerTo('/transactions')).toBe(`{"items":[${single.join(',')}],"nextCursor":null}`);
  });

  it('prints times to the microsecond, in UTC', async () => {
    const times = [
      '2026-01-01 00:00:00Z',
      '2026-01-01 00:00:00.1Z',
      '2026-06-30 23:59:59.000001Z',
      '2026-01-01 02:00+02',
    ];
    await database.query(
      `INSERT INTO transactions (account_id, amount, currency, created_at) SELECT 'a', 1, 'EUR', t::timestamptz
       FROM unnest($1::text[]) WITH ORDINALITY AS list(t, n) ORDER BY n`,
      [times],
    );
    const { items } = JSON.parse(await answerTo('/transactions'));
    expect(items.map(({ createdAt }: { createdAt: string }) => createdAt).toReversed()).toEqual([
      '2026-01-01T00:00:00+00:00',
      '2026-01-01T00:00:00.1+00:00',
      '2026-06-30T23:59:59.000001+00:00',
      '2026-01-01T00:00:00+00:00',
    ]);
  });

  it('answers many at once', async () => {
    await seed(60);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => api.get(`/transactions?limit=${1 + (i % 60)}`)),
    );
    answers.forEach(({ body }, i) => {
      expect(ids(body.items)).toEqual(countdown(60, 60 - (i % 60)));
    });
  });
});

describe('Idempotency-Key', () => {
  const post = (key: string, body: unknown = validBody) => api.post('/transactions', body, { 'idempotency-key': key });
  const rows = async () => (await database.query<{ n: number }>('SELECT count(*)::int AS n FROM transactions'))[0]?.n;
  const results = () =>
    Promise.all(
      ['first', 'replayed', 'mismatch'].map(async (result) =>
        api.metric(`api_idempotent_requests_total{result="${result}"}`),
      ),
    ) as Promise<number[]>;
  let before: number[];
  beforeEach(async () => {
    before = await results();
  });
  const resultsSince = async () => (await results()).map((value, i) => value - (before[i] as number));

  it('50 times at once is one transaction and 50 identical answers', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => post('fifty')));
    expect(await rows()).toBe(1);
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(new Set(answers.map(({ headers }) => headers.get('location')))).toEqual(
      new Set([`/transactions/${answers[0]?.body.id}`]),
    );
    const replays = answers.map(({ headers }) => headers.get('idempotency-replayed'));
    expect(replays.filter((value) => value === null)).toHaveLength(1);
    expect(replays.filter((value) => value === 'true')).toHaveLength(49);
    expect(await resultsSince()).toEqual([1, 49, 0]);
  });

  it('50 at once against two replicas is still one transaction', async () => {
    const other = await startApi(database.url);
    try {
      const send = (to: RunningApi) => to.post('/transactions', validBody, { 'idempotency-key': 'two-replicas' });
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => send(i % 2 === 0 ? api : other)));
      expect(await rows()).toBe(1);
      expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    } finally {
      await other.stop();
    }
  });

  it('losing the race costs nobody a connection', async () => {
    await Promise.all(Array.from({ length: 50 }, () => post('warm-up')));
    const total = await api.metric('api_postgres_pool_connections{state="total"}');
    for (const key of ['a', 'b', 'c', 'd', 'e']) await Promise.all(Array.from({ length: 20 }, () => post(key)));
    expect(await api.metric('api_postgres_pool_connections{state="total"}')).toBe(total);
    expect(await api.metric('api_database_errors_total{kind="other"}')).toBe(0);
  });

  it('gives the first answer letter by letter, also when the transaction was settled or pruned since', async () => {
    const first = await post('later');
    await settle('true');
    expect((await post('later')).text).toBe(first.text);
    await database.query('DELETE FROM transactions');
    const replay = await post('later');
    expect([replay.status, replay.text, replay.headers.get('location')]).toEqual([
      201,
      first.text,
      first.headers.get('location'),
    ]);
  });

  it('is about what the request means, not how it is spelled', async () => {
    const first = await post('spelling', '{"accountId":"acc-1","amount":12.5,"currency":"EUR"}');
    const again = await post('spelling', '{ "currency": "EUR", "amount": "12.50", "accountId": "acc\\u002d1" }');
    expect([again.status, again.text]).toEqual([201, first.text]);
  });

  it.each([
    ['another amount', { amount: '12.51' }],
    ['another account', { accountId: 'acc-2' }],
    ['another currency', { currency: 'USD' }],
    ['a description', { description: '' }],
  ])('with %s is 422 and names the first transaction', async (_, difference) => {
    const first = await post('mismatch');
    const { status, body } = await post('mismatch', { ...validBody, ...difference });
    expect([status, body.code]).toEqual([422, 'idempotency_key_reused']);
    expect(body.detail).toContain(`transaction ${first.body.id}.`);
    expect(await rows()).toBe(1);
    expect(await resultsSince()).toEqual([1, 0, 1]);
  });

  it('two bodies racing for one key: one is stored, the other is 422', async () => {
    const bodies = Array.from({ length: 40 }, (_, i) => ({ ...validBody, amount: i % 2 === 0 ? '1' : '2' }));
    const answers = await Promise.all(bodies.map((body) => post('race', body)));
    expect(await rows()).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(20);
  });

  it('is not used up by a request that was refused', async () => {
    expect((await post('refused', { ...validBody, amount: -1 })).status).toBe(400);
    expect((await post('refused')).status).toBe(201);
  });

  it('takes the longest key, and keys that differ only in case are different', async () => {
    const longest = '~'.repeat(255);
    await post(longest);
    expect((await post(longest)).headers.get('idempotency-replayed')).toBe('true');
    await post('key');
    expect((await post('KEY')).headers.get('idempotency-replayed')).toBeNull();
    expect(await rows()).toBe(3);
  });

  it('leaves nothing behind when the statement fails in the middle, so the next try is the first', async () => {
    await database.query('ALTER TABLE idempotency_keys ADD CONSTRAINT no_more CHECK (key <> $$unlucky$$)');
    try {
      expect((await post('unlucky')).status).toBe(500);
      expect(await rows()).toBe(0);
    } finally {
      await database.query('ALTER TABLE idempotency_keys DROP CONSTRAINT no_more');
    }
    const next = await post('unlucky');
    expect([next.status, next.headers.get('idempotency-replayed'), await rows()]).toEqual([201, null, 1]);
  });
});

afterEach(async () => {
  expect((await api.get('/health')).status).toBe(200);
});
