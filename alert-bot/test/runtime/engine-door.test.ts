import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDockerEngine } from '../../src/runtime/docker/docker-engine.ts';
import { explainUnreachable } from '../../src/runtime/docker/explain-unreachable.ts';
import { createAuthority } from '../support/authority.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, seedService } from './fake-world.ts';

let folder: string;
let engine: FakeEngine;
const closing: (() => void)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-door-'));
  engine = await startFakeEngine();
});
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await engine.stop();
  await rm(folder, { recursive: true });
});

/** The engine's TLS port, as `dockerd --tlsverify` has it: only clients with a certificate of the same authority come in. */
async function tlsDoor({ name = 'localhost' } = {}) {
  const authority = createAuthority();
  const { cert, key } = authority.issue(name);
  const server = createTlsServer(
    { cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
    (socket) => {
      const through = connect(engine.socketPath);
      socket.on('error', () => through.destroy());
      through.on('error', () => socket.destroy());
      socket.pipe(through).pipe(socket);
    },
  );
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => void server.close());
  const { port } = server.address() as { port: number };
  const client = authority.issue('client');
  return { port, client: { ca: authority.cert, ...client } };
}

async function certPath(files: { ca?: string; cert?: string; key?: string }, name = 'certs'): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  for (const [file, text] of Object.entries(files)) await writeFile(join(path, `${file}.pem`), text);
  return path;
}

const ping = (options: { dockerHost: string; tlsVerify?: string; certPath?: string }) =>
  createDockerEngine({ callTimeoutMs: 2_000, ...options }).ping();

describe('an engine with TLS', () => {
  it('is asked, acted on and listened to with the certificates of DOCKER_CERT_PATH', async () => {
    const { port, client } = await tlsDoor();
    seedService(engine, 'worker');
    const runtime = createFakeRuntime(engine, {
      dockerHost: `tcp://localhost:${port}`,
      tlsVerify: '1',
      certPath: await certPath(client),
    });
    const observed = await runtime.observe();
    expect([...observed.services.keys()]).toEqual(['worker']);
    const result = await runtime.restart({ service: 'worker' }, { healthTimeoutMs: 5_000 });
    expect(result).toMatchObject({ ok: true });
    expect(engine.requests.some(({ url }) => url.startsWith('/events'))).toBe(true);
    await runtime.close?.();
  });

  it('also without DOCKER_TLS_VERIFY when certificates are given, and with https://', async () => {
    const { port, client } = await tlsDoor();
    const path = await certPath(client);
    await ping({ dockerHost: `tcp://localhost:${port}`, certPath: path });
    await ping({ dockerHost: `https://localhost:${port}`, certPath: path });
  });

  it('is not believed when another authority signed its certificate', async () => {
    const { port, client } = await tlsDoor();
    const path = await certPath({ ...client, ca: createAuthority().cert });
    await expect(ping({ dockerHost: `tcp://localhost:${port}`, certPath: path })).rejects.toThrow(
      /is not signed by DOCKER_CERT_PATH\/ca\.pem; take the ca\.pem/,
    );
  });

  it('is not believed under a name that its certificate has not', async () => {
    const { port, client } = await tlsDoor({ name: 'elsewhere' });
    await expect(ping({ dockerHost: `tcp://localhost:${port}`, certPath: await certPath(client) })).rejects.toThrow(
      /is for another name; use a name that it has in DOCKER_HOST/,
    );
  });

  it('says so when it refuses our certificate', async () => {
    const { port, client } = await tlsDoor();
    const path = await certPath({ ca: client.ca, ...createAuthority().issue('stranger') });
    await expect(ping({ dockerHost: `tcp://localhost:${port}`, certPath: path })).rejects.toThrow(
      /refuses the certificate in DOCKER_CERT_PATH\/cert\.pem/,
    );
  });

  it('is told from one without TLS, both ways', async () => {
    const { port, client } = await tlsDoor();
    await expect(ping({ dockerHost: `tcp://localhost:${port}` })).rejects.toThrow(
      /set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH/,
    );
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      connect(engine.socketPath)
        .on('error', () => undefined)
        .pipe(socket);
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => void server.close());
    const plain = (server.address() as { port: number }).port;
    const path = await certPath(client);
    await expect(ping({ dockerHost: `tcp://localhost:${plain}`, certPath: path })).rejects.toThrow(
      /does not speak TLS; unset DOCKER_TLS_VERIFY/,
    );
  });

  it.each(['ca.pem', 'cert.pem', 'key.pem'])('needs %s, and says that it is missing', async (missing) => {
    const { client } = await tlsDoor();
    const path = await certPath(client);
    await rm(join(path, missing));
    expect(() => createDockerEngine({ dockerHost: 'tcp://localhost:2376', tlsVerify: '1', certPath: path })).toThrow(
      `DOCKER_CERT_PATH: cannot read ${join(path, missing)} (ENOENT). The folder must hold ca.pem, cert.pem and key.pem.`,
    );
  });

  it('needs DOCKER_CERT_PATH', () => {
    expect(() => createDockerEngine({ dockerHost: 'tcp://localhost', tlsVerify: '1' })).toThrow(
      'DOCKER_CERT_PATH: is required with TLS (DOCKER_TLS_VERIFY)',
    );
  });
});

describe('an engine that cannot be reached', () => {
  it('through ssh:// is refused with what to do instead', () => {
    expect(() => createDockerEngine({ dockerHost: 'ssh://me@host' })).toThrow(
      /ssh:\/\/ is not supported.*Run the bot, or "alert-bot agent", on that machine; or forward its socket/,
    );
  });

  it('because there is no socket: says where rootless Docker and Podman have theirs', async () => {
    await expect(ping({ dockerHost: `unix://${folder}/none.sock` })).rejects.toThrow(
      /ENOENT: there is no socket .*none\.sock; mount.*\$XDG_RUNTIME_DIR\/docker\.sock.*podman\.sock/,
    );
  });

  it('because Docker made a folder where the socket should be: says so', async () => {
    await mkdir(join(folder, 'docker.sock'));
    await expect(ping({ dockerHost: `unix://${folder}/docker.sock` })).rejects.toThrow(
      /is a folder: Docker made it because/,
    );
  });

  it('because nothing listens on the socket: says so', async () => {
    const path = join(folder, 'dead.sock');
    await writeFile(path, '');
    await expect(ping({ dockerHost: `unix://${path}` })).rejects.toThrow(/no engine listens on .*dead\.sock; start it/);
  });

  it('because it may not: names the owner and ALERT_BOT_USER', () => {
    // root, which runs these tests in CI, may open every socket
    const why = explainUnreachable({ code: 'EACCES' }, { socketPath: engine.socketPath });
    expect(why).toMatch(
      /^EACCES: permission denied on .* \(owner \d+:\d+, the bot is \d+:\d+\); run the bot as the socket's owner, user: '\d+:1000' .*ALERT_BOT_USER/,
    );
  });

  it('at an address where nothing listens, or a name that is not known: says so', async () => {
    await expect(ping({ dockerHost: 'tcp://127.0.0.1:1' })).rejects.toThrow(
      /nothing listens on 127\.0\.0\.1:1; check DOCKER_HOST/,
    );
    await expect(ping({ dockerHost: 'tcp://nowhere.invalid' })).rejects.toThrow(
      /the name nowhere\.invalid is not known; check DOCKER_HOST/,
    );
  });
});

describe('a socket proxy that refuses', () => {
  it.each([
    ['GET', /containers\/json/, 'GET /containers/json (403); allow it there (docker-socket-proxy: CONTAINERS=1)'],
    ['GET', /containers\/[^/]+\/json/, 'GET /containers/{id}/json (403)'],
  ])('%s %s is named with what to allow', async (_method, on, text) => {
    seedService(engine, 'worker');
    engine.fail({ on, how: 403 });
    await expect(createFakeRuntime(engine).observe()).rejects.toThrow(text);
  });

  it('to restart is named in the result of the action', async () => {
    seedService(engine, 'worker');
    engine.fail({ on: /restart/, how: 403 });
    const runtime = createFakeRuntime(engine);
    expect(await runtime.restart({ service: 'worker' }, { healthTimeoutMs: 5_000 })).toMatchObject({
      ok: false,
      message: expect.stringContaining(
        'refuses POST /containers/{id}/restart (403); allow it there (docker-socket-proxy: CONTAINERS=1 and ALLOW_RESTARTS=1)',
      ),
    });
    await runtime.close?.();
  });
});
