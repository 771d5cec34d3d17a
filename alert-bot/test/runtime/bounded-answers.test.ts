import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createDockerRuntime } from '../../src/runtime/docker/docker-runtime.ts';
import { RuntimeUnavailable } from '../../src/runtime/runtime.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, seedService } from './fake-world.ts';

const labels = {
  'com.docker.compose.project': 'demo',
  'com.docker.compose.service': 'api',
  'com.docker.compose.oneoff': 'False',
  'com.docker.compose.config-hash': 'x',
  'self-healing.enable': 'true',
};
const listed = [{ Id: 'a'.repeat(64), Names: ['/demo-api-1'], State: 'running', Labels: labels }];

/** Sends `chunk` for ever and counts what the other side took. */
function pourInto(res: ServerResponse, chunk: Buffer, sent: { bytes: number }): void {
  res.setHeader('content-type', 'application/json');
  const pour = () => {
    while (!res.destroyed) {
      sent.bytes += chunk.length;
      if (!res.write(chunk)) return void res.once('drain', pour);
    }
  };
  pour();
}

describe('an engine whose answer has no end', () => {
  let server: Server | undefined;
  const sent = { bytes: 0 };
  afterEach(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
  });
  const runtimeBefore = async (endless: RegExp) => {
    sent.bytes = 0;
    const answer = (req: IncomingMessage, res: ServerResponse) => {
      if (endless.test(req.url ?? '')) return pourInto(res, Buffer.alloc(65_536, ' '), sent);
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify(req.url?.startsWith('/containers/json') ? listed : {}));
    };
    const listening = createServer(answer).listen(0, '127.0.0.1');
    server = listening;
    await new Promise((resolve) => listening.once('listening', resolve));
    const { port } = listening.address() as { port: number };
    const self = async () => ({ hostname: 'host', mountinfo: '', cgroup: '' });
    return createDockerRuntime({ dockerHost: `tcp://127.0.0.1:${port}`, project: 'demo' }, { self });
  };

  it.each([
    ['list', /^\/containers\/json/],
    ['inspection', /^\/containers\/a+\/json/],
  ])('to a %s is not read beyond its limit, and counts as no answer', async (_, endless) => {
    const runtime = await runtimeBefore(endless);
    const failed = runtime.observe();
    await expect(failed).rejects.toThrow(RuntimeUnavailable);
    await expect(failed).rejects.toThrow(/longer than \d+ bytes/);
    expect(sent.bytes).toBeLessThan(40 * 1024 * 1024);
  });

  it('to a ping is not read either', async () => {
    const runtime = await runtimeBefore(/_ping/);
    await expect(runtime.ping()).rejects.toThrow(/longer than 1048576 bytes/);
  });

  it('to the question for events is given up after one line of a megabyte', async () => {
    const runtime = await runtimeBefore(/^\/events/);
    await runtime.ping();
    await expect.poll(() => sent.bytes, { timeout: 5_000 }).toBeGreaterThan(1024 * 1024);
    await runtime.close?.();
    expect(sent.bytes).toBeLessThan(16 * 1024 * 1024);
  });
});

describe('much of what an engine has to say', () => {
  let engine: FakeEngine;
  afterEach(() => engine.stop());

  it('is cut: a log of megabytes is said in its place, and the rest of the evidence is there', async () => {
    engine = await startFakeEngine();
    seedService(engine, 'api', {}, { log: ['x'.repeat(5 * 1024 * 1024)] });
    const { replicas } = await createFakeRuntime(engine).evidence('api');
    expect(replicas[0]).toMatchObject({
      name: 'demo-api-1',
      logLines: [expect.stringMatching(/no log: .*longer than/)],
    });
  });

  it('is asked for bit by bit: a hundred replicas are observed', async () => {
    engine = await startFakeEngine();
    for (let number = 1; number <= 100; number += 1) seedService(engine, 'api', { number });
    expect((await createFakeRuntime(engine).observe()).services.get('api')?.replicas).toHaveLength(100);
  });
});
