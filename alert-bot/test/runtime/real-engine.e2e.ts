import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cloneContainer } from '../../src/runtime/docker/clone-container.ts';
import { createDockerEngine } from '../../src/runtime/docker/docker-engine.ts';
import type { CreateBody } from '../../src/runtime/docker/engine-types.ts';
import { describeRuntimeContract } from '../runtime-contract.ts';
import { behindAgent } from './agent-world.ts';
import { createRealWorld, image, type RealWorld } from './real-world.ts';

const engine = createDockerEngine({ dockerHost: process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock' });

describe.skipIf(!process.env['E2E_DOCKER'])('on a real Docker engine', () => {
  describeRuntimeContract('the Docker runtime', createRealWorld);
  describeRuntimeContract('the Docker runtime behind an agent', async () => behindAgent(await createRealWorld()));

  describe('the compose CLI and a service that the runtime scaled:', () => {
    let world: RealWorld;
    beforeAll(async () => {
      world = await createRealWorld();
    });
    afterAll(() => world?.stop());

    const scale = async (to: number) =>
      world.runtime.scale({ service: 'worker' }, { from: (await ids()).length, to }, { healthTimeoutMs: 30_000 });
    const ids = async (...filter: string[]) =>
      (await world.compose('ps', '-aq', '--no-trunc', ...filter, 'worker')).split('\n').filter(Boolean).sort();
    const names = async () =>
      (await world.compose('ps', '-a', '--format', '{{.Name}}', 'worker')).split('\n').filter(Boolean).sort();
    const startTimes = async () =>
      ((await world.runtime.observe()).services.get('worker')?.replicas ?? []).map(
        ({ id, startedAt }) => `${id} ${startedAt}`,
      );

    beforeEach(async () => {
      await world.compose('up', '-d', '--wait', '--scale', 'worker=1', 'worker');
    });

    it('`ps` lists the clones, `up -d --scale` with the same number touches nothing, a higher one goes on from there', async () => {
      expect(await scale(3)).toMatchObject({ ok: true });
      expect(await names()).toEqual(['runtimeproof-worker-1', 'runtimeproof-worker-2', 'runtimeproof-worker-3']);
      const before = await startTimes();
      await world.compose('up', '-d', '--scale', 'worker=3', 'worker');
      expect(await startTimes()).toEqual(before);
      await world.compose('up', '-d', '--scale', 'worker=4', 'worker');
      expect(await names()).toContain('runtimeproof-worker-4');
      expect(await startTimes()).toEqual(expect.arrayContaining(before));
    });

    it('a clone is a full replica: network aliases, own host name, own anonymous volume, shared named volume, secrets', async () => {
      await scale(3);
      const inside = (index: number, command: string) =>
        world.compose('exec', '-T', '--index', String(index), 'worker', 'sh', '-c', command);
      for (const network of ['runtimeproof_front', 'runtimeproof_back']) {
        const resolve = ['sh', '-c', 'getent ahostsv4 worker | cut -d" " -f1 | sort -u'];
        const addresses = await world.docker('run', '--rm', '--network', network, image, ...resolve);
        expect(addresses.split('\n')).toHaveLength(3);
      }
      expect(new Set(await Promise.all([1, 2, 3].map((index) => inside(index, 'hostname')))).size).toBe(3);
      expect(await inside(3, 'cat /run/secrets/token /etc/inline.txt; stat -c %a /run/secrets/token')).toBe(
        's3cr3tinline444',
      );
      await inside(1, 'echo one > /anon/mine; echo all > /data/ours');
      expect(await inside(2, 'ls /anon; cat /data/ours')).toBe('all');
      expect(await inside(2, 'echo $FROM_FILE')).toBe('yes');
    });

    it.each([
      ['`up -d`', ['up', '-d']],
      ['`up -d --no-recreate`', ['up', '-d', '--no-recreate']],
      ['`up -d --scale worker=1`', ['up', '-d', '--scale', 'worker=1']],
    ])('%s takes the service back to one, and keeps the original', async (_, command) => {
      const [original] = await ids();
      await scale(3);
      await world.compose(...command, 'worker');
      expect(await ids()).toEqual([original]);
    });

    it('`up -d` of another service, `stop`, `start` and `restart` treat the clones as their own', async () => {
      await scale(3);
      const three = await ids();
      await world.compose('up', '-d', 'plain');
      expect(await ids()).toEqual(three);
      await world.compose('stop', '-t', '1', 'worker');
      expect(await ids('--status', 'exited')).toEqual(three);
      await world.compose('start', 'worker');
      const before = await startTimes();
      await world.compose('restart', '-t', '1', 'worker');
      expect(await ids('--status', 'running')).toEqual(three);
      expect((await startTimes()).filter((entry) => before.includes(entry))).toEqual([]);
    });

    it('the runtime does not scale down what compose scaled up', async () => {
      await world.compose('up', '-d', '--wait', '--scale', 'worker=3', 'worker');
      const three = await startTimes();
      expect(await scale(1)).toMatchObject({ ok: false, code: 'conflict' });
      expect(await startTimes()).toEqual(three);
    });

    it('the runtime scales down what it scaled up, and leaves no volume behind', async () => {
      await scale(3);
      const volumes = async () => (await world.docker('volume', 'ls', '-q')).split('\n').length;
      const before = await volumes();
      expect(await scale(1)).toMatchObject({ ok: true, replicas: [{ name: 'runtimeproof-worker-1' }] });
      expect(before - (await volumes())).toBe(2);
    });

    it('a clone of a replica that compose recreated has an anonymous volume of its own', async () => {
      await world.compose('up', '-d', '--wait', '--force-recreate', 'worker');
      expect(await scale(2)).toMatchObject({ ok: true });
      const volumeOf = async (id: string) =>
        (await engine.inspect(id)).Mounts?.find(({ Destination }) => Destination === '/anon')?.Name;
      const [one, two] = await ids();
      expect(await volumeOf(one ?? '')).not.toBe(await volumeOf(two ?? ''));
    });

    it('a clone runs the image of its source after the tag moved', async () => {
      const [original] = await ids();
      const source = await engine.inspect(original ?? '');
      await world.docker('commit', '-m', 'another image', original ?? '', image);
      try {
        expect(await scale(2)).toMatchObject({ ok: true });
        const clones = (await ids()).filter((id) => id !== original);
        expect((await engine.inspect(clones[0] ?? '')).Image).toBe(source.Image);
      } finally {
        const moved = await engine.imageId(image);
        await scale(1);
        await world.docker('tag', source.Image, image);
        await world.docker('image', 'rm', '-f', moved);
      }
    });

    /** What goes wrong without one part of the recipe: the reasons for it, seen on this engine. */
    const withoutPart: [string, (body: CreateBody) => void, (before: string[]) => Promise<void>][] = [
      [
        'anything',
        () => {},
        async (before) => {
          await world.compose('up', '-d', '--scale', 'worker=2', 'worker');
          expect(await startTimes()).toEqual(before);
        },
      ],
      [
        'its config-hash',
        (body) => delete body.Labels['com.docker.compose.config-hash'],
        async () => {
          await expect(world.compose('up', '-d', '--scale', 'worker=2', 'worker')).rejects.toThrow(/Conflict/);
        },
      ],
      [
        'its project',
        (body) => delete body.Labels['com.docker.compose.project'],
        async () => {
          await expect(world.compose('up', '-d', '--scale', 'worker=2', 'worker')).rejects.toThrow(/Conflict/);
        },
      ],
      [
        'its oneoff label',
        (body) => delete body.Labels['com.docker.compose.oneoff'],
        async () => {
          const listed = await world.compose('ps', '--format', '{{.Name}}', 'worker');
          expect(listed).toBe('runtimeproof-worker-1');
        },
      ],
      [
        'its image label',
        (body) => delete body.Labels['com.docker.compose.image'],
        async (before) => {
          await world.compose('up', '-d', '--scale', 'worker=2', 'worker');
          expect(await startTimes()).not.toEqual(before);
        },
      ],
      [
        'its second network',
        (body) => delete body.NetworkingConfig.EndpointsConfig['runtimeproof_front'],
        async (before) => {
          await world.compose('up', '-d', '--scale', 'worker=2', 'worker');
          expect(await startTimes()).not.toEqual(before);
        },
      ],
      [
        'its named volume',
        (body) => {
          body.HostConfig.Binds = [];
        },
        async (before) => {
          await world.compose('up', '-d', '--scale', 'worker=2', 'worker');
          expect(await startTimes()).not.toEqual(before);
        },
      ],
    ];
    it.each(withoutPart)('a clone without %s', async (_, spoil, expectations) => {
      const [original] = await ids();
      const source = await engine.inspect(original ?? '');
      const name = 'runtimeproof-worker-2';
      const body = cloneContainer(source, { number: 2, name, currentImageId: source.Image });
      spoil(body);
      const id = await engine.create(name, body);
      try {
        await engine.start(id);
        await expectations(await startTimes());
      } finally {
        await world.docker('rm', '-f', '-v', name);
      }
    });

    it('`down` removes every clone and every network', async () => {
      await scale(3);
      await world.compose('down', '-t', '1');
      const left = ['ps -aq', 'network ls -q'].map((command) =>
        world.docker(...command.split(' '), '--filter', 'label=com.docker.compose.project=runtimeproof'),
      );
      expect(await Promise.all(left)).toEqual(['', '']);
      await world.compose('up', '-d', '--wait', 'worker');
    });
  });
});
