import { eventually } from '@stack/test-kit/eventually';
import { beforeEach, describe, expect, it } from 'vitest';
import { emptyTables, useApi, validBody } from './support/api.ts';

const { api, database } = await useApi();
beforeEach(() => emptyTables(database));

const store = async (count: number): Promise<string[]> => {
  const answers = await Promise.all(Array.from({ length: count }, () => api.post('/transactions', validBody)));
  return answers.map(({ body }) => body.id as string);
};
const statements = async (query: 'get' | 'list') =>
  (await api.metric(`api_read_statements_total{query="${query}"}`)) as number;
const getAll = (paths: string[]) => Promise.all(paths.map((path) => api.get(path)));

/** Keeps every reader of transactions waiting until `release`. */
async function lockOut() {
  await database.query('BEGIN');
  await database.query('LOCK TABLE transactions IN ACCESS EXCLUSIVE MODE');
  return { release: () => database.query('COMMIT') };
}

describe('requests for single transactions that come at the same time', () => {
  it('are each answered with their own, or with 404', async () => {
    const ids = await store(60);
    const paths = [...ids, '999999999', ...ids].map((id) => `/transactions/${id}`);
    const answers = await getAll(paths);
    expect(answers.map(({ status, body }) => (status === 200 ? body.id : status))).toEqual([...ids, 404, ...ids]);
  });

  it('wait for those under way and then share a statement', async () => {
    const ids = await store(50);
    const before = await statements('get');
    const lock = await lockOut();
    const answers = getAll(ids.map((id) => `/transactions/${id}`));
    await eventually(async () => ((await api.metric('api_reads_waiting')) as number) > 0);
    await lock.release();
    expect((await answers).map(({ body }) => body.id)).toEqual(ids);
    expect((await statements('get')) - before).toBeLessThan(20);
    expect(await api.metric('api_reads_waiting')).toBe(0);
  });

  it('one after the other are each answered at once', async () => {
    const [id] = await store(1);
    const before = await statements('get');
    for (let i = 0; i < 5; i++) expect((await api.get(`/transactions/${id}`)).status).toBe(200);
    expect((await statements('get')) - before).toBe(5);
  });
});

describe('lists that are asked for at the same time', () => {
  it('share a statement only when they ask for the same page', async () => {
    await store(30);
    const paths = ['?limit=1', '?limit=2', '?limit=2&status=pending', '?limit=2&status=settled'];
    const lock = await lockOut();
    const before = await statements('list');
    const answers = getAll(Array.from({ length: 10 }, () => paths.map((query) => `/transactions${query}`)).flat());
    await eventually(async () => ((await api.metric('api_reads_waiting')) as number) > 0);
    await lock.release();
    const counts = (await answers).map(({ body }) => body.items.length);
    expect(counts).toEqual(Array.from({ length: 10 }, () => [1, 2, 2, 0]).flat());
    const sent = (await statements('list')) - before;
    expect([sent >= 4, sent < 40]).toEqual([true, true]);
  });

  it('share an error and are well again afterwards', async () => {
    await database.query('ALTER TABLE transactions RENAME TO hidden');
    const broken = await getAll(Array.from({ length: 20 }, () => '/transactions'));
    await database.query('ALTER TABLE hidden RENAME TO transactions');
    expect(new Set(broken.map(({ status }) => status))).toEqual(new Set([503]));
    expect((await api.get('/transactions')).status).toBe(200);
  });
});

describe('a read', () => {
  it('sees every transaction whose creation was answered before it came, however many read and write', async () => {
    const write = async () => {
      for (let n = 0; n < 40; n++) {
        const { body } = await api.post('/transactions', validBody);
        const [list, one] = await getAll(['/transactions?limit=500', `/transactions/${body.id}`]);
        expect(list?.body.items.map(({ id }: { id: string }) => id)).toContain(body.id);
        expect(one?.body).toEqual(body);
      }
    };
    let writing = true;
    const read = async () => {
      while (writing) await getAll(['/transactions?limit=500', '/transactions/1']);
    };
    const readers = Promise.all(Array.from({ length: 8 }, read));
    await Promise.all(Array.from({ length: 8 }, write));
    writing = false;
    await readers;
  });

  it('that a hanging statement keeps waiting is begun beside it', async () => {
    const [id] = await store(1);
    const lock = await lockOut();
    const hanging = getAll(Array.from({ length: 6 }, () => `/transactions/${id}`));
    await eventually(async () => {
      const [row] = await database.query(`SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'`);
      return Number(row?.['count']) > 2;
    });
    await lock.release();
    expect((await hanging).map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 200));
  });
});
