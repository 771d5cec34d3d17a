import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDockerRuntime } from '../../src/runtime/docker/docker-runtime.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';

const image = process.env['E2E_DOCKER_IMAGE'] ?? 'debian:forky-slim';
const dockerHost = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
const [home, other, plain] = ['runtimeproof-home', 'runtimeproof-other', 'runtimeproof-solo'];
const options = { healthTimeoutMs: 30_000 };

const composeFile = `
services:
  web:
    image: ${image}
    init: true
    stop_grace_period: 1s
    labels: { autoheal: "true" }
    command: ["sh", "-c", "while :; do sleep 1; done"]
    healthcheck: { test: ["CMD-SHELL", "true"], interval: 500ms, timeout: 2s, retries: 2 }
`;

describe.skipIf(!process.env['E2E_DOCKER'])('two projects and a plain container on a real Docker engine', () => {
  let directory: string;
  let runtime: Runtime;
  const docker = async (...args: string[]) =>
    (await promisify(execFile)('docker', args, { cwd: directory, timeout: 120_000 })).stdout.trim();

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'runtimeproof-projects-'));
    await writeFile(join(directory, 'compose.yml'), composeFile);
    for (const project of [home, other]) await docker('compose', '-p', project, 'up', '-d', '--wait');
    const sleeping = ['sh', '-c', 'while :; do sleep 1; done'];
    await docker('run', '-d', '--init', '--name', plain, '--label', 'autoheal=true', image, ...sleeping);
    const projects = [other, '-'];
    runtime = createDockerRuntime({ dockerHost, project: home, projects, optInLabel: 'autoheal', steadyMs: 1_500 });
  });
  afterAll(async () => {
    await runtime?.close?.();
    for (const project of [home, other]) await docker('compose', '-p', project, 'down', '-v', '-t', '1');
    await docker('rm', '-f', plain);
    await rm(directory, { recursive: true, force: true });
  });

  const startOf = (name: string) => docker('inspect', '-f', '{{.State.StartedAt}}', name);

  it('each is a target of its own, and only the one that was named is restarted', async () => {
    const { project, services } = await runtime.observe();
    expect(project).toBe(home);
    for (const target of ['web', `${other}/web`, `-/${plain}`])
      expect(services.get(target), target).toMatchObject({
        optedIn: true,
        protected: false,
        replicas: [{ number: 1 }],
      });
    const names = [`${home}-web-1`, `${other}-web-1`, plain];
    const before = await Promise.all(names.map(startOf));
    expect(await runtime.restart({ service: `${other}/web` }, options)).toMatchObject({ ok: true });
    expect(await runtime.restart({ service: `-/${plain}` }, options)).toMatchObject({ ok: true });
    const after = await Promise.all(names.map(startOf));
    expect(after.map((time, index) => time === before[index])).toEqual([true, false, false]);
    expect((await runtime.evidence(`-/${plain}`)).replicas).toMatchObject([{ name: plain, state: 'running' }]);
  });

  it('a clone in another project is one that compose takes for its own; a plain container has none', async () => {
    expect(await runtime.scale({ service: `${other}/web` }, { from: 1, to: 2 }, options)).toMatchObject({ ok: true });
    const listed = await docker('compose', '-p', other, 'ps', '--format', '{{.Name}}');
    expect(listed.split('\n').sort()).toEqual([`${other}-web-1`, `${other}-web-2`]);
    expect(await docker('compose', '-p', home, 'ps', '--format', '{{.Name}}')).toBe(`${home}-web-1`);
    const scaled = await runtime.scale({ service: `-/${plain}` }, { from: 1, to: 2 }, options);
    expect(scaled).toMatchObject({ ok: false, code: 'not_scalable' });
  });
});
