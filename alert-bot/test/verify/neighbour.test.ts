import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { createNeighbour, type Neighbour } from '../../src/verify/neighbour.ts';
import { readSourceAddress, type SourceLogin } from '../../src/verify/source-address.ts';
import { hang, neighbourServer, type Reply } from './neighbour-server.ts';

const path = 'api/v1/query';
const timeoutMs = 200;

function neighbourAt(url: string, login: SourceLogin = {}): { neighbour: Neighbour; lines: string[] } {
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const logger = pino({ level: 'debug' }, destination);
  const address = readSourceAddress(url, login);
  return {
    neighbour: createNeighbour({ source: 'prometheus', address, logger, timeoutMs, maxBytes: 100_000 }),
    lines,
  };
}

const good = { status: 'success', data: {} };
const ask = (neighbour: Neighbour) => neighbour.ask(path, [['query', 'time()']]);

describe('a login', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  it.each<[string, (url: string) => [string, SourceLogin?], string]>([
    ['in the address', (url) => [url.replace('//', '//bot:s3cret@')], basic('bot:s3cret')],
    [
      'in the address, percent-encoded',
      (url) => [url.replace('//', '//b%40t:s3%3A%2Fcr%C3%A9t@')],
      basic('b@t:s3:/crét'),
    ],
    ['as user and password', (url) => [url, { username: 'bot', password: 's3 cret' }], basic('bot:s3 cret')],
    ['as bearer token', (url) => [url, { bearerToken: 'abc.def' }], 'Bearer abc.def'],
  ])('%s becomes a header', async (_name, make, expected) => {
    const server = await neighbourServer({ '/api/v1/query': good });
    const { neighbour } = neighbourAt(...make(server.url));
    expect(await ask(neighbour)).toMatchObject({ ok: true, body: good });
    expect([...server.authorization]).toEqual([expected]);
    expect(server.asked.join()).not.toContain('s3');
  });

  it('is told to nobody: not in the status, and not in the log', async () => {
    const server = await neighbourServer({ '/api/v1/query': 401 });
    const { neighbour, lines } = neighbourAt(server.url.replace('//', '//bot:s3cret@'));
    await ask(neighbour);
    const gone = neighbourAt('http://bot:s3cret@127.0.0.1:1');
    await ask(gone.neighbour);
    const said = [...lines, ...gone.lines, JSON.stringify([neighbour.status(), gone.neighbour.status()])].join('\n');
    expect(said).toContain('401');
    expect(said).toContain('ECONNREFUSED');
    expect(said).not.toMatch(/s3cret|Basic|czNjcmV0/);
  });

  it('does not go to another host with a redirect', async () => {
    const other = await neighbourServer({ '/api/v1/query': good });
    const server = await neighbourServer({
      '/api/v1/query': (_request, response) =>
        void response.writeHead(302, { location: `${other.url}/api/v1/query` }).end(),
    });
    const { neighbour } = neighbourAt(server.url, { bearerToken: 'abc' });
    expect(await ask(neighbour)).toMatchObject({ ok: false, error: expect.stringContaining('redirects to http://') });
    expect(other.asked).toEqual([]);
  });
});

describe('an address', () => {
  it.each([
    ['a path', '/prometheus'],
    ['a path with a slash', '/prometheus/'],
  ])('may have %s', async (_name, suffix) => {
    const server = await neighbourServer({ '/prometheus/api/v1/query': good });
    expect(await ask(neighbourAt(`${server.url}${suffix}`).neighbour)).toMatchObject({ ok: true });
  });

  it.each<[string, string, SourceLogin?]>([
    ['no address', 'prometheus:9090'],
    ['another protocol', 'ftp://prometheus'],
    ['a query', 'http://prometheus:9090/?s3cret'],
    ['a fragment', 'http://prometheus:9090/#s3cret'],
    ['a user without a password', 'http://s3cret@prometheus:9090'],
    ['a password without a user', 'http://:s3cret@prometheus:9090'],
    ['a user without a password beside it', 'http://prometheus:9090', { username: 's3cret' }],
    ['a password without a user beside it', 'http://prometheus:9090', { password: 's3cret' }],
    ['a user with a colon', 'http://a%3As3cret:x@prometheus:9090'],
    ['no percent-encoding', 'http://bot:s3cret%zz@prometheus:9090'],
    ['two logins', 'http://bot:s3cret@prometheus:9090', { username: 'a', password: 'b' }],
    ['basic and bearer', 'http://prometheus:9090', { username: 'a', password: 's3cret', bearerToken: 'c' }],
    ['a login inside and a bearer token', 'http://bot:s3cret@prometheus:9090', { bearerToken: 'c' }],
  ])('is refused without repeating it: %s', (_name, url, login) => {
    let message = '';
    try {
      readSourceAddress(url, login);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/^(must|has) /);
    expect(message).not.toContain('s3cret');
  });
});

describe('an answer', () => {
  const endless: Reply = (_request, response) => {
    response.writeHead(200);
    const more = () => {
      while (response.write('x'.repeat(10_000)));
    };
    response.on('drain', more);
    more();
  };
  const drip: Reply = (_request, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  };
  const packed = gzipSync('0'.repeat(1_000_000));
  const bomb: Reply = (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
  const around: Reply = (request, response) => void response.writeHead(307, { location: request.url ?? '/' }).end();

  it.each<[string, Reply, string]>([
    ['that never comes', hang, 'no answer within 0.2 s'],
    ['that drips', drip, 'no answer within 0.2 s'],
    ['without an end', endless, 'larger than'],
    ['that is too large', 'x'.repeat(100_001), 'larger than'],
    ['that is compressed', bomb, 'compressed'],
    ['in HTML', '<html>', 'not JSON'],
    ['that is empty', '', 'not JSON'],
    ['that was cut off', (_request, response) => void response.writeHead(200, { 'content-length': 50 }).end('{'), ''],
    ['that is a redirect in circles', around, 'circles'],
    ['401', 401, '401: it wants another login'],
    ['403', 403, '403: it wants another login'],
    ['404', 404, '404: is the address right?'],
    ['500', 500, '500'],
  ])('%s is a failure with its reason', async (_name, reply, expected) => {
    const server = await neighbourServer({ '/api/v1/query': reply });
    const { neighbour } = neighbourAt(server.url);
    const began = performance.now();
    expect(await ask(neighbour)).toMatchObject({ ok: false, error: expect.stringContaining(expected) });
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(neighbour.status()).toMatchObject({ up: false, error: expect.stringContaining(expected) });
  });

  it.each([400, 414, 422, 431])('%i to a question is no failure: names are outside input', async (status) => {
    const server = await neighbourServer({ '/api/v1/query': status });
    const { neighbour, lines } = neighbourAt(server.url);
    expect(await ask(neighbour)).toMatchObject({ ok: false });
    expect(neighbour.status()).toEqual({ source: 'prometheus', up: true });
    expect(lines).toEqual([]);
  });

  it.each([403, 404, 405])('%i is no failure of what not every version has', async (status) => {
    const server = await neighbourServer({ '/api/v1/query': status });
    const { neighbour } = neighbourAt(server.url);
    expect(await neighbour.ask(path, [], { optional: true })).toMatchObject({ ok: false, missing: true });
    expect(neighbour.status().up).toBe(true);
  });

  it('to a heavy question is its own: when it does not come, it rests, and others are asked', async () => {
    const server = await neighbourServer({ '/api/v1/query': hang });
    const { neighbour, lines } = neighbourAt(server.url);
    const heavy = () => neighbour.ask(path, [], { heavy: true });
    expect([await heavy(), await heavy()]).toMatchObject([{ ok: false }, { ok: false }]);
    expect(server.asked).toHaveLength(1);
    server.replies.set('/api/v1/query', good);
    expect((await ask(neighbour)).ok).toBe(true);
    expect([neighbour.status().up, lines]).toEqual([true, []]);
  });

  it('may come over the same connection for as long as that lasts', async () => {
    const server = await neighbourServer({
      '/api/v1/query': (_request, response) => {
        response.end(JSON.stringify(good), () => setImmediate(() => response.socket?.destroy()));
      },
    });
    const { neighbour } = neighbourAt(server.url);
    for (let n = 0; n < 20; n += 1) expect((await ask(neighbour)).ok).toBe(true);
  });
});

describe('a failure', () => {
  it('is remembered longer than its timeout, and longer each time; a success ends that', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const server = await neighbourServer({ '/api/v1/query': hang });
    const { neighbour, lines } = neighbourAt(server.url);
    const asksAfter = async (ms: number) => {
      vi.advanceTimersByTime(ms);
      const before = server.asked.length;
      await ask(neighbour);
      return server.asked.length - before;
    };
    expect(await asksAfter(0)).toBe(1);
    expect([await asksAfter(9_000), await asksAfter(1_500)]).toEqual([0, 1]);
    expect([await asksAfter(19_000), await asksAfter(1_500)]).toEqual([0, 1]);
    expect([await asksAfter(29_000), await asksAfter(1_500)]).toEqual([0, 1]);
    expect([await asksAfter(29_000), await asksAfter(1_500)]).toEqual([0, 1]);
    server.replies.set('/api/v1/query', good);
    expect(await asksAfter(31_000)).toBe(1);
    expect(await asksAfter(0)).toBe(1);
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
      'Prometheus does not answer',
      'Prometheus answers again',
    ]);
    vi.useRealTimers();
  });

  it('of a hundred questions at once is one line and one rest, and the others are not even asked', async () => {
    const server = await neighbourServer({ '/api/v1/query': hang });
    const { neighbour, lines } = neighbourAt(server.url);
    const began = performance.now();
    await Promise.all(Array.from({ length: 100 }, () => ask(neighbour)));
    expect(performance.now() - began).toBeLessThan(1_500);
    expect(server.asked.length).toBeLessThanOrEqual(8);
    expect(lines).toHaveLength(1);
  });

  it('is seen to end by a probe, whatever it was that failed', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const server = await neighbourServer({ '/api/v1/query': good, '/api/v1/rules': 503 });
    const { neighbour } = neighbourAt(server.url);
    await neighbour.ask('api/v1/rules', []);
    await neighbour.probe(path, []);
    expect(neighbour.status().up).toBe(false);
    server.replies.set('/api/v1/rules', good);
    vi.advanceTimersByTime(30_000);
    await neighbour.probe(path, []);
    expect(neighbour.status()).toEqual({ source: 'prometheus', up: true });
    vi.useRealTimers();
  });
});
