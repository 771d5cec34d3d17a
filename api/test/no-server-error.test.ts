import { expectNoServerError } from '@stack/test-kit/expect-no-server-error';
import { type Described, describedRequests } from '@stack/test-kit/requests-of-openapi';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeCursor } from '../src/transactions/cursor.ts';
import { useApi, validBody } from './support/api.ts';

const { api } = await useApi({ FAULTS_ENABLED: 'true' });
beforeAll(async () => {
  for (let i = 0; i < 60; i++) await api.post('/transactions', validBody);
});

describe('a client cannot make an answer that counts as our error', () => {
  it('with any request that the document describes, or nearly does', async () => {
    const document = (await api.get('/openapi.json')).body as Described;
    // a fault that is switched on is meant to break what comes after it
    const requests = describedRequests(document, (method, path) => !(method === 'put' && path === '/faults'));
    await expectNoServerError({ url: api.url, requests, runs: 1_500 });
    expect(api.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it.each(['9223372036854775808', '18446744073709551615', '0'])(
    'with a cursor whose checksum is right and whose id, %s, no row can have',
    async (before) => {
      const list = (status?: 'pending') => `/transactions?cursor=${encodeCursor({ before, status })}`;
      for (const path of [list(), `${list('pending')}&status=pending`]) {
        const answer = await api.get(path);
        expect([answer.status, answer.body.code]).toEqual([400, 'invalid_cursor']);
      }
    },
  );

  it('by going away: 499, whatever would have been answered', async () => {
    const hanging = new AbortController();
    await api.put('/faults', { latencyMs: 300, errorRate: 1 });
    const request = fetch(`${api.url}/transactions`, { signal: hanging.signal });
    setTimeout(() => hanging.abort(), 50);
    await expect(request).rejects.toThrow();
    await api.delete('/faults');
    const count = (status: number) =>
      api.metric(`http_request_duration_seconds_count{status_code="${status}",method="GET",path="/transactions"}`);
    await expect.poll(() => count(499)).toBe(1);
    expect(await count(500)).toBeUndefined();
  });
});
