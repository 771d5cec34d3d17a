import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { p99AtFixedRate } from '../src/fixed-rate.ts';
import { saturationNotes } from '../src/parts/api/saturation.ts';
import { cpuSecondsOf } from '../src/process-cpu.ts';
import { parseWrk } from '../src/wrk.ts';

const output = `Running 1s test @ http://127.0.0.1:1/
  Latency Distribution
     50%  898.65us
     90%    1.02s 
     99%    1.50s 
  1900 requests in 1.07s, 166.10KB read
Requests/sec:   1777.25
`;

it('wrk’s own words are understood', () => {
  expect(parseWrk(output)).toEqual({ requests: 1_900, requestsPerSecond: 1_777.25, p99Ms: 1_500 });
});

it.each([
  ['  Non-2xx or 3xx responses: 8\n', 'wrk: Non-2xx or 3xx responses: 8'],
  ['  Socket errors: connect 0, read 3, write 0, timeout 0\n', 'wrk: Socket errors'],
])('a run with failed requests is no measurement: %j', (line, message) => {
  expect(() => parseWrk(output + line)).toThrow(message);
});

it('an output without a figure is said, not taken for zero', () => {
  expect(() => parseWrk('')).toThrow('wrk printed no');
});

async function withServer<T>(listener: RequestListener, work: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const result = work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return result.finally(() => {
    server.close();
    server.closeAllConnections();
  });
}

it('requests are timed from when they were due: a stall counts for everyone who waits', async () => {
  const waiting: (() => void)[] = [];
  const p99 = await withServer(
    (_req, res) => {
      waiting.push(() => res.end());
      if (waiting.length >= 20) for (const answer of waiting.splice(0)) answer(); // the first waits for the twentieth
    },
    (url) => p99AtFixedRate({ url, method: 'GET', requestsPerSecond: 100, seconds: 0.2 }),
  );
  expect(p99).toBeGreaterThan(180);
});

it('an answer that is not 2xx ends the measurement', async () => {
  const refuse: RequestListener = (_req, res) => res.writeHead(503).end();
  const run = withServer(refuse, (url) => p99AtFixedRate({ url, method: 'GET', requestsPerSecond: 10, seconds: 0.1 }));
  await expect(run).rejects.toThrow('answered 503');
});

it('CPU time of this process grows with what it does', () => {
  const before = cpuSecondsOf(process.pid);
  for (const end = performance.now() + 60; performance.now() < end; ) Math.sqrt(2);
  expect(cpuSecondsOf(process.pid)).toBeGreaterThan(before);
  expect(() => cpuSecondsOf(2 ** 30)).toThrow('is gone');
});

it('a contender that was not limited by its own core is named with what limited it', () => {
  const sample = (serverShare: number, othersShare: number) => [
    {
      requestsPerSecond: 1,
      p99Ms: 1,
      cpuMicros: 1,
      databaseCpuMicros: 1,
      generatorShare: 0.1,
      serverShare,
      othersShare,
    },
  ];
  const bursts = {
    ours: sample(0.6, 0.95),
    bare: sample(0.99, 0.5),
    fastify: sample(0.6, 0.5),
    flask: sample(0.95, 0.2),
  };
  const notes = saturationNotes({ what: 'list' }, bursts);
  expect(notes).toHaveLength(2);
  expect(notes[0]).toContain(
    'list, ours: the server used 60 % of its core; the core of database and load generator was full (95 %',
  );
  expect(notes[1]).toContain('fastify');
});
