import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Replica } from '../../src/runtime/runtime.ts';
import { createRealWorld, image, type RealWorld } from './real-world.ts';

const project = 'runtimeproof';

/** The table "What it makes of a container's state" on a real engine. */
describe.skipIf(!process.env['E2E_DOCKER'])('the states of a real Docker engine', () => {
  let world: RealWorld;
  beforeAll(async () => {
    world = await createRealWorld();
    await world.runtime.ping();
    await world.runtime.observe();
  });
  afterAll(async () => {
    await world?.runtime.close?.();
    await world?.stop();
  });

  const name = `${project}-plain-1`;
  const service = async (which = 'plain') => (await world.runtime.observe()).services.get(which);
  const replica = async (which = 'plain') => (await service(which))?.replicas[0] as Replica;
  const restart = () => world.runtime.restart({ service: 'plain' }, { healthTimeoutMs: 30_000 });
  const until = (expected: Partial<Replica>) =>
    vi.waitFor(async () => expect(await replica()).toMatchObject(expected), { timeout: 20_000, interval: 100 });

  it.each([
    ['docker stop', ['stop', '-t', '1', name]],
    ['docker compose stop', ['compose', '-p', project, 'stop', '-t', '1', 'plain']],
  ])('%s is a person, and the container is left alone', async (_, command) => {
    await world.docker(...command);
    await until({ state: 'exited', stoppedBy: 'person' });
    expect(await restart()).toMatchObject({ ok: false, code: 'held_by_person' });
    await world.docker('start', name);
  });

  it.each([['KILL'], ['TERM']])('docker kill -s %s is a fault, and the container is started', async (signal) => {
    await world.docker('kill', '-s', signal, name);
    await until({ state: 'exited', stoppedBy: 'itself' });
    expect(await restart()).toMatchObject({ ok: true });
  });

  it('docker pause is a person', async () => {
    await world.docker('pause', name);
    expect(await restart()).toMatchObject({ ok: false, code: 'held_by_person' });
    await world.docker('unpause', name);
    expect(await restart()).toMatchObject({ ok: true });
  });

  it.each([
    ['ends with 0', 'exit 0', 0],
    ['ends with 3', 'exit 3', 3],
    ['runs out of memory', 'a=x; while :; do a=$a$a; done', 137],
  ])('a program that %s ended on its own', async (_, command, exitCode) => {
    const labels = await labelsOf('plain');
    const options = ['-m', '20m', '--memory-swap', '20m', ...labels];
    await world.docker(
      'run',
      '-d',
      '--name',
      `${project}-oom-1`,
      ...options,
      image,
      'sh',
      '-c',
      `sleep 0.2; ${command}`,
    );
    await vi.waitFor(
      async () => expect(await replica('oom')).toMatchObject({ state: 'exited', exitCode, stoppedBy: 'itself' }),
      { timeout: 20_000, interval: 100 },
    );
    await world.docker('rm', '-f', `${project}-oom-1`);
  });

  it('a crash loop is shown as such, and docker stop in the middle of it is a person', async () => {
    const options = ['--restart', 'unless-stopped', ...(await labelsOf('plain'))];
    await world.docker('run', '-d', '--name', `${project}-oom-1`, ...options, image, 'sh', '-c', 'sleep 0.1; exit 4');
    await vi.waitFor(async () => expect(await replica('oom')).toMatchObject({ state: 'restarting', exitCode: 4 }), {
      timeout: 20_000,
      interval: 50,
    });
    await world.docker('stop', `${project}-oom-1`);
    await vi.waitFor(async () => expect(await replica('oom')).toMatchObject({ stoppedBy: 'person' }), {
      timeout: 20_000,
    });
    await world.docker('rm', '-f', `${project}-oom-1`);
  });

  it('a container that was only created is changing', async () => {
    await world.docker('create', '--name', `${project}-oom-1`, ...(await labelsOf('plain')), image, 'sleep', '1');
    expect(await service('oom')).toMatchObject({ changing: `${project}-oom-1 was created and never started` });
    await world.docker('rm', '-f', `${project}-oom-1`);
  });

  it('a recreate by compose is seen as changing while it goes on, and never refused for ever', async () => {
    const seen = new Set<string | undefined>();
    let isOver = false;
    const watching = (async () => {
      while (!isOver) seen.add((await service())?.changing);
    })();
    await world.compose('up', '-d', '--force-recreate', '-t', '1', 'plain');
    isOver = true;
    await watching;
    expect([...seen].join('; ')).toMatch(/created and never started|both carry|being stopped|recreated/);
    expect((await service())?.changing).toBeUndefined();
    expect(await restart()).toMatchObject({ ok: true });
  });

  it('a replica that compose recreates in the middle of our restart counts as restarted', async () => {
    const [before] = (await service())?.replicas ?? [];
    const recreated = world.compose('up', '-d', '--force-recreate', '-t', '1', 'plain');
    await vi.waitFor(async () => expect((await service())?.replicas.every(({ id }) => id !== before?.id)).toBe(true), {
      timeout: 20_000,
      interval: 20,
    });
    await recreated;
    const result = await world.runtime.restart(
      { service: 'plain', replica: before?.id as string },
      { healthTimeoutMs: 30_000 },
    );
    expect(result).toMatchObject({ ok: true, replicas: [{ previousStartedAt: before?.startedAt }] });
  });

  /** Those of a replica of another service, so that `docker run` makes one. */
  async function labelsOf(which: string): Promise<string[]> {
    const text = await world.docker('inspect', '-f', '{{json .Config.Labels}}', `${project}-${which}-1`);
    const labels = { ...(JSON.parse(text) as Record<string, string>), 'com.docker.compose.service': 'oom' };
    return Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
  }
});
