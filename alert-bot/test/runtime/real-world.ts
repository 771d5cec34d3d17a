import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createDockerRuntime } from '../../src/runtime/docker/docker-runtime.ts';
import type { ContractWorld } from '../runtime-contract.ts';

const run = promisify(execFile);
const secret = 'hunter2-and-more';
const project = 'runtimeproof';

/** Any image with a shell; this one is there on machines without a registry too. */
const baseImage = process.env['E2E_DOCKER_IMAGE'] ?? 'debian:forky-slim';
export const image = 'runtimeproof-app:1';

const sleepForEver = 'while :; do sleep 1; done';

/** The services of the contract as a compose file; see runtime-contract.ts for their roles. */
const composeFile = (port: number) => `
x-base: &base
  image: ${image}
  init: true
  stop_grace_period: 1s
  labels: { self-healing.enable: "true" }
  command: ["sh", "-c", "${sleepForEver}"]
  healthcheck: { test: ["CMD-SHELL", "true"], interval: 500ms, timeout: 2s, retries: 2 }
services:
  worker:
    <<: *base
    command: ["sh", "-c", "echo started; echo password=$$DB_PASSWORD; ${sleepForEver}"]
    environment: { DB_PASSWORD: ${secret} }
    env_file: [app.env]
    networks: [front, back]
    volumes: ["data:/data", "/anon"]
    secrets: [token]
    configs: [{ source: inline, target: /etc/inline.txt }]
    healthcheck: { test: ["CMD-SHELL", "grep -q s3cr3t /run/secrets/token && grep -q inline /etc/inline.txt"], interval: 500ms, timeout: 2s, retries: 2 }
  plain: { <<: *base, healthcheck: { disable: true } }
  breaks:
    <<: *base
    command: ["sh", "-c", "if [ -e /marker ]; then touch /broken; fi; touch /marker; ${sleepForEver}"]
    healthcheck: { test: ["CMD-SHELL", "test ! -e /broken"], interval: 500ms, timeout: 2s, retries: 2 }
  quits:
    <<: *base
    command: ["sh", "-c", "if [ -e /marker ]; then exit 3; fi; touch /marker; ${sleepForEver}"]
    healthcheck: { disable: true }
  bystander: { <<: *base, labels: {} }
  guarded: { <<: *base, labels: { self-healing.enable: "true", self-healing.protected: "true" } }
  published: { <<: *base, ports: ["127.0.0.1:${port}:80"] }
  named: { <<: *base, container_name: runtimeproof-the-one }
networks: { front: {}, back: {} }
volumes: { data: {} }
secrets: { token: { environment: PROOF_TOKEN } }
configs: { inline: { content: "inline" } }
`;

export interface RealWorld extends ContractWorld {
  /** Runs `docker compose …` in the project. */
  compose(...args: string[]): Promise<string>;
  docker(...args: string[]): Promise<string>;
}

/** A compose project on the engine that the docker command talks to; `stop` removes all of it. */
export async function createRealWorld(): Promise<RealWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'runtimeproof-'));
  await writeFile(join(directory, 'compose.yml'), composeFile(await freePort()));
  await writeFile(join(directory, 'app.env'), 'FROM_FILE=yes\n');
  const env = { ...process.env, PROOF_TOKEN: 's3cr3t' };
  const docker = async (...args: string[]) =>
    (await run('docker', args, { env, cwd: directory, timeout: 120_000 })).stdout.trim();
  const anonymousVolumes = new Set<string>();
  const compose = async (...args: string[]) => {
    for (const volume of await listAnonymousVolumes(docker)) anonymousVolumes.add(volume);
    return docker('compose', '-p', project, '-f', 'compose.yml', ...args);
  };
  const stop = async () => {
    await compose('down', '-v', '-t', '1', '--remove-orphans');
    // compose leaks the anonymous volumes of replicas that it removes
    for (const volume of anonymousVolumes) await docker('volume', 'rm', '-f', volume);
    await docker('image', 'rm', image);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await docker('tag', baseImage, image);
    await compose('up', '-d');
    await compose('up', '-d', '--wait', 'worker', 'breaks'); // --wait refuses services without a healthcheck
  } catch (error) {
    await stop();
    throw error;
  }
  const dockerHost = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
  const runtime = createDockerRuntime({ dockerHost, project, pollMs: 100, steadyMs: 1_500 });
  await runtime.observe(); // listens from here on
  const to = (verb: string) => async (service: string) => void (await docker(verb, `${project}-${service}-1`));
  const people = { stop: to('stop'), pause: to('pause'), unpause: to('unpause'), start: to('start'), kill: to('kill') };
  const close = async () => {
    await runtime.close?.();
    await stop();
  };
  return { runtime, project, secret, healthTimeoutMs: 30_000, people, stop: close, compose, docker };
}

async function listAnonymousVolumes(docker: (...args: string[]) => Promise<string>): Promise<string[]> {
  const ids = await docker('ps', '-aq', '--filter', `label=com.docker.compose.project=${project}`);
  if (ids === '') return [];
  const format = '{{range .Mounts}}{{println .Name}}{{end}}';
  const names = await docker('inspect', '-f', format, ...ids.split('\n'));
  return names.split('\n').filter((name) => /^[0-9a-f]{64}$/.test(name));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
