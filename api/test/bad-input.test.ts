import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, ask, useApi, validBody } from './support/api.ts';

const { api, database } = await useApi();

const storedRows = async () =>
  (await database.query<{ n: number }>('SELECT count(*)::int AS n FROM transactions'))[0]?.n;

/** Every refusal is a problem+json of the catalogue, never a 500, and stores nothing. */
function expectProblem(answer: Answer, status: number, code: string, paths: string[] = []): void {
  expect(answer.body).toMatchObject({ status, code, title: expect.any(String), requestId: expect.any(String) });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(answer.body.errors?.map((each: { path: string }) => each.path) ?? []).toEqual(paths);
}

describe('POST /transactions refuses', () => {
  afterEach(async () => expect(await storedRows()).toBe(0));

  const amountMessage =
    'must be a decimal number from 0.01 to 999999999999.99 with at most 2 decimals, as a string or a number';
  it.each([
    ['three decimals as text', '"1.234"'],
    ['three decimals as a number', '1.234'],
    ['what floating point makes of 0.1 + 0.2', '0.30000000000000004'],
    ['a negative number', '-5'],
    ['a negative text', '"-5.00"'],
    ['zero', '0'],
    ['zero with decimals', '"0.00"'],
    ['minus zero', '-0'],
    ['less than a cent', '0.001'],
    ['one cent more than fits', '"1000000000000.00"'],
    ['a huge number', '1e30'],
    ['a number beyond every double', '1e400'],
    ['text with an exponent', '"1e2"'],
    ['the text NaN', '"NaN"'],
    ['the text Infinity', '"Infinity"'],
    ['hexadecimal', '"0x10"'],
    ['empty text', '""'],
    ['a space', '" 1"'],
    ['a plus', '"+1"'],
    ['leading zeros', '"01"'],
    ['a comma', '"1,50"'],
    ['no digit after the point', '"1."'],
    ['no digit before the point', '".5"'],
    ['digits of another script', '"١٢"'],
    ['a line break', '"1\\n"'],
    ['NUL', '"1\\u0000"'],
    ['null', 'null'],
    ['true', 'true'],
    ['an array', '[1]'],
    ['an object', '{"value":1}'],
  ])('an amount that is %s', async (_, amount) => {
    const answer = await api.post('/transactions', `{"accountId":"acc-1","amount":${amount},"currency":"EUR"}`);
    expectProblem(answer, 400, 'validation_failed', ['body.amount']);
    expect(answer.body.errors[0].message).toBe(amountMessage);
  });

  it.each([
    ['an unknown currency', { currency: 'ABC' }, 'body.currency'],
    ['a currency that is no more', { currency: 'DEM' }, 'body.currency'],
    ['a currency in small letters', { currency: 'eur' }, 'body.currency'],
    ['a currency that every object has', { currency: 'constructor' }, 'body.currency'],
    ['a number for a currency', { currency: 978 }, 'body.currency'],
    ['an empty account', { accountId: '' }, 'body.accountId'],
    ['an account with a space', { accountId: 'acc 1' }, 'body.accountId'],
    ['an account of 65 characters', { accountId: 'a'.repeat(65) }, 'body.accountId'],
    ['an account with NUL', { accountId: 'acc\0' }, 'body.accountId'],
    ['an account with a line break at the end', { accountId: 'acc\n' }, 'body.accountId'],
    ['a number for an account', { accountId: 7 }, 'body.accountId'],
    ['a description with NUL', { description: 'a\0b' }, 'body.description'],
    ['a description with half a surrogate pair', { description: 'a\ud800b' }, 'body.description'],
    ['a description of 501 characters', { description: 'x'.repeat(501) }, 'body.description'],
    ['a description that is null', { description: null }, 'body.description'],
    ['an unknown field', { colour: 'red' }, 'body.colour'],
    ['a field that the server sets', { status: 'settled' }, 'body.status'],
    ['an id of the client', { id: '1' }, 'body.id'],
  ])('%s', async (_, fields, path) => {
    expectProblem(await api.post('/transactions', { ...validBody, ...fields }), 400, 'validation_failed', [path]);
  });

  it('several mistakes at once, and lists every field', async () => {
    const answer = await api.post('/transactions', { amount: -1, currency: 'XXX', more: 1, 'and\0more': 2 });
    expectProblem(answer, 400, 'validation_failed', [
      'body.accountId',
      'body.amount',
      'body.currency',
      'body.more',
      'body.and\0more',
    ]);
  });

  it('a __proto__ of its own as an unknown field', async () => {
    const body = '{"accountId":"acc-1","amount":1,"currency":"EUR","__proto__":{"amount":2}}';
    expectProblem(await api.post('/transactions', body), 400, 'validation_failed', ['body.__proto__']);
  });

  it.each([
    ['half an object', '{"accountId":'],
    ['single quotes', "{'accountId':'a'}"],
    ['a trailing comma', '{"accountId":"a",}'],
    ['NaN as a number', '{"accountId":"acc-1","amount":NaN,"currency":"EUR"}'],
    ['a byte order of nonsense', '\u0001\u0002'],
    ['a bare string', '"hello"'],
    ['a bare number', '1'],
    ['null', 'null'],
  ])('a body that is %s', async (_, body) => {
    expectProblem(await api.post('/transactions', body), 400, 'bad_json');
  });

  it.each([
    ['an array', []],
    ['an array of good ones', [validBody]],
  ])('%s', async (_, body) => {
    expectProblem(await api.post('/transactions', body), 400, 'validation_failed', ['body']);
  });

  it('no body, as an object without fields', async () => {
    for (const body of [undefined, '', {}]) {
      const missing = ['body.accountId', 'body.amount', 'body.currency'];
      expectProblem(await api.post('/transactions', body), 400, 'validation_failed', missing);
    }
  });

  it.each([
    ['text/plain', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['something like JSON', 'application/jsonp'],
    ['a type that is not one', 'json'],
  ])('the content type %s', async (_, type) => {
    const answer = await api.post('/transactions', validBody, { 'content-type': type });
    expectProblem(answer, 415, 'unsupported_media_type');
  });

  it('a content type that is missing', async () => {
    const answer = await ask(`${api.url}/transactions`, { method: 'POST', body: new Uint8Array([123, 125]) });
    expectProblem(answer, 415, 'unsupported_media_type');
  });

  it('an encoding or charset that nobody knows', async () => {
    const encoded = await api.post('/transactions', validBody, { 'content-encoding': 'x-unknown' });
    expectProblem(encoded, 415, 'unsupported_media_type');
    const charset = await api.post('/transactions', validBody, { 'content-type': 'application/json; charset=x-nope' });
    expectProblem(charset, 415, 'unsupported_media_type');
  });

  it('a body of 65 KiB, and goes on serving the same client', async () => {
    const answer = await api.post('/transactions', { ...validBody, description: 'x'.repeat(65 * 1024) });
    expectProblem(answer, 413, 'body_too_large');
    expect((await api.get('/transactions')).status).toBe(200);
  });

  it('a compressed body, before it is unpacked', async () => {
    const { gzipSync } = await import('node:zlib');
    const body = gzipSync(JSON.stringify({ ...validBody, description: 'x'.repeat(1_000_000) }));
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const answer = await ask(`${api.url}/transactions`, { method: 'POST', body, headers });
    expectProblem(answer, 415, 'unsupported_media_type');
  });

  it.each([
    ['empty', ''],
    ['too long', 'k'.repeat(256)],
    ['with a space inside', 'a b'],
    ['not ASCII', 'schl\u00fcssel'],
  ])('an Idempotency-Key that is %s', async (_, key) => {
    const answer = await api.post('/transactions', validBody, { 'idempotency-key': key });
    expectProblem(answer, 400, 'validation_failed', ['header.Idempotency-Key']);
  });
});

describe('GET /transactions refuses', () => {
  const limitMessage = 'must be a whole number from 1 to 500';
  it.each(['0', '-1', 'abc', '501', '', '1.5', '1e2', '0x10', ' 5', '99999999999999999999', '5&limit=6', '%00', '٥'])(
    'limit=%s',
    async (limit) => {
      const answer = await api.get(`/transactions?limit=${limit}`);
      expectProblem(answer, 400, 'validation_failed', ['query.limit']);
      expect(answer.body.errors[0].message).toBe(limitMessage);
    },
  );

  it.each(['done', '', 'PENDING', 'pending&status=settled', 'pending%00', "pending'--"])(
    'status=%s',
    async (status) => {
      expectProblem(await api.get(`/transactions?status=${status}`), 400, 'validation_failed', ['query.status']);
    },
  );

  it('a parameter that it does not know', async () => {
    expectProblem(await api.get('/transactions?lmit=5'), 400, 'validation_failed', ['query.lmit']);
    expectProblem(await api.get('/transactions?__proto__=5'), 400, 'validation_failed', ['query.__proto__']);
  });

  it('a cursor given twice', async () => {
    expectProblem(await api.get('/transactions?cursor=a&cursor=b'), 400, 'validation_failed', ['query.cursor']);
  });

  it.each([
    ['empty', ''],
    ['short', 'abc'],
    ['of the right length', 'AAAAAAAAAAAAAAAAAAAAAA'],
    ['NUL', '\0'],
    ['SQL', "' OR 1=1 --"],
    ['long', 'a'.repeat(5_000)],
    ['a smile', '🙂'],
    ['JSON in base64', 'eyJpZCI6MX0'],
  ])('a made-up cursor: %s', async (_, cursor) => {
    expectProblem(await api.get(`/transactions?cursor=${encodeURIComponent(cursor)}`), 400, 'invalid_cursor');
  });
});

describe('GET /transactions/:id refuses', () => {
  it.each([
    '0',
    '-1',
    'abc',
    '1.5',
    '1e3',
    '01',
    '9223372036854775808',
    '1'.repeat(300),
    '%00',
    '1%00',
    "1'",
    'null',
    '１',
  ])('the id %s', async (id) => {
    expectProblem(await api.get(`/transactions/${id}`), 400, 'validation_failed', ['id']);
  });

  it('an id that nobody has, with 404', async () => {
    for (const id of ['1', '9223372036854775807']) {
      expectProblem(await api.get(`/transactions/${id}`), 404, 'not_found');
    }
  });

  it('an address that cannot be decoded', async () => {
    expectProblem(await api.get('/transactions/%zz'), 400, 'bad_request');
  });
});

describe('other addresses and methods', () => {
  it.each([
    ['PUT', '/transactions', 'GET, POST'],
    ['DELETE', '/transactions', 'GET, POST'],
    ['PATCH', '/transactions/1', 'GET'],
    ['POST', '/health', 'GET'],
    ['DELETE', '/health/live', 'GET'],
  ])('%s %s is 405 and names what is possible', async (method, path, allow) => {
    const answer = await ask(api.url + path, { method });
    expectProblem(answer, 405, 'method_not_allowed');
    expect(answer.headers.get('allow')).toBe(allow);
  });

  it.each(['/', '/nothing', '/transactions/1/2', '/wp-admin.php', '/Transactionss', '//'])(
    '%s is 404',
    async (path) => {
      expectProblem(await api.get(path), 404, 'not_found');
    },
  );

  it('nothing above was counted as our own mistake, and every refusal was counted by its code', async () => {
    expect(await api.metric('api_problems_total{code="internal"}')).toBe(0);
    expect(await api.metric('api_problems_total{code="bad_json"}')).toBe(8);
    expect(await api.metric('api_problems_total{code="body_too_large"}')).toBe(1);
    expect(await api.metric('api_problems_total{code="validation_failed"}')).toBeGreaterThan(60);
    expect(api.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
