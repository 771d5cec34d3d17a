import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ActionOptions, ActionResult, ActionStep, Observation, Replica, Runtime } from '../src/runtime/runtime.ts';

/**
 * A running project that the contract is tried on. Its services, by their roles:
 * `worker` opted in, with a healthcheck, one replica, on two networks; `plain` the same without a healthcheck;
 * `breaks` opted in, healthy until it is restarted, never after; `quits` the same, exits after a restart;
 * `bystander` not opted in; `guarded` opted in and protected; `published` opted in, with a fixed host port;
 * `named` opted in, with a container_name. The log of `worker` holds `world.secret`, and its environment too.
 */
export interface ContractWorld {
  runtime: Runtime;
  project: string;
  secret: string;
  /** Long enough for a container of this world to become healthy. */
  healthTimeoutMs: number;
  /** What a person does to the one replica of a service; absent where people have no such means. */
  people?: Record<'stop' | 'pause' | 'unpause' | 'start' | 'kill', (service: string) => Promise<void>>;
  stop(): Promise<void>;
}

/** The promises of every runtime: the same tests against each implementation. */
export function describeRuntimeContract(name: string, createWorld: () => Promise<ContractWorld>): void {
  describe(`${name} keeps the runtime contract:`, () => {
    let world: ContractWorld;
    beforeAll(async () => {
      world = await createWorld();
    }, 120_000);
    afterAll(async () => {
      await world?.stop();
    }, 120_000);

    const observe = (): Promise<Observation> => world.runtime.observe();
    const replicasOf = async (service: string): Promise<Replica[]> =>
      (await observe()).services.get(service)?.replicas ?? [];
    const options = (more: Partial<ActionOptions> = {}): ActionOptions => ({
      healthTimeoutMs: world.healthTimeoutMs,
      ...more,
    });
    const restart = (service: string, more?: Partial<ActionOptions>) =>
      world.runtime.restart({ service }, options(more));
    const scale = async (service: string, to: number, more?: Partial<ActionOptions>) =>
      world.runtime.scale({ service }, { from: (await replicasOf(service)).length, to }, options(more));

    it('answers a ping', async () => {
      await world.runtime.ping();
    });

    it('observes every service of its own project, and what may be done to it', async () => {
      const { project, services } = await observe();
      expect(project).toBe(world.project);
      const permissions = [...services].map(([service, { optedIn, protected: kept }]) => [service, { optedIn, kept }]);
      expect(Object.fromEntries(permissions)).toEqual({
        worker: { optedIn: true, kept: false },
        plain: { optedIn: true, kept: false },
        breaks: { optedIn: true, kept: false },
        quits: { optedIn: true, kept: false },
        bystander: { optedIn: false, kept: false },
        guarded: { optedIn: true, kept: true },
        published: { optedIn: true, kept: false },
        named: { optedIn: true, kept: false },
      });
    });

    it('observes a replica with its number, state, health, start time and addresses on every network', async () => {
      const [worker, ...others] = await replicasOf('worker');
      expect(others).toEqual([]);
      expect(worker).toMatchObject({
        service: 'worker',
        number: 1,
        state: 'running',
        health: 'healthy',
        restartCount: 0,
        optedIn: true,
      });
      expect(worker?.name).toBe(`${world.project}-worker-1`);
      expect(worker?.id).toMatch(/^[0-9a-f]{64}$/);
      expect(worker?.addresses).toHaveLength(2);
      expect(Date.parse(worker?.startedAt ?? '')).not.toBeNaN();
      expect((await replicasOf('plain'))[0]?.health).toBe('none');
    });

    it.each(['worker', 'plain'])(
      'restarts %s: the same container with a new start time, and running',
      async (service) => {
        const [before] = await replicasOf(service);
        const result = await restart(service);
        const [after] = await replicasOf(service);
        expect(result).toEqual({
          ok: true,
          replicas: [
            { id: before?.id, name: before?.name, startedAt: after?.startedAt, previousStartedAt: before?.startedAt },
          ],
        });
        expect(after).toMatchObject({ id: before?.id, state: 'running', health: before?.health });
        expect(after?.startedAt).not.toBe(before?.startedAt);
      },
    );

    it.each<[string, string, string]>([
      ['bystander', 'not_opted_in', 'self-healing.enable=true'],
      ['guarded', 'protected_target', 'protected'],
      ['nonsense', 'target_missing', 'nonsense'],
    ])('does nothing to %s: %s', async (service, code, told) => {
      const before = await replicasOf(service);
      for (const result of [await restart(service), await scale(service, 2)]) {
        expect(result).toMatchObject({ ok: false, code, retryable: false });
        expect(messageOf(result)).toContain(told);
      }
      expect(await replicasOf(service)).toEqual(before);
    });

    it.each(['published', 'named'])('refuses to scale %s, which can exist only once, and says why', async (service) => {
      const result = await scale(service, 2);
      expect(result).toMatchObject({ ok: false, code: 'not_scalable', retryable: false });
      expect(messageOf(result)).toMatch(service === 'named' ? /container_name/ : /fixed host port/);
      expect(await replicasOf(service)).toHaveLength(1);
    });

    it.each([0, -1, 1.5, Number.NaN])('never scales to %s', async (to) => {
      expect(await scale('worker', to)).toMatchObject({ ok: false, code: 'out_of_bounds' });
      expect(await replicasOf('worker')).toHaveLength(1);
    });

    it('scales up to healthy replicas with the next numbers, restarts them one at a time, and scales down again', async () => {
      const [original] = await replicasOf('worker');
      const up = await scale('worker', 3);
      const three = await replicasOf('worker');
      expect(up).toEqual({
        ok: true,
        replicas: three.map(({ id, name: called, startedAt }) => ({ id, name: called, startedAt })),
      });
      expect(three.map(({ number, health, optedIn }) => ({ number, health, optedIn }))).toEqual(
        [1, 2, 3].map((number) => ({ number, health: 'healthy', optedIn: true })),
      );
      expect(three[0]).toEqual(original);
      expect(new Set(three.flatMap(({ addresses }) => addresses)).size).toBe(6);

      const named = three[1] as Replica;
      expect(await world.runtime.restart({ service: 'worker', replica: named.id }, options())).toMatchObject({
        ok: true,
      });
      const changed = (await replicasOf('worker')).filter(({ startedAt }, at) => startedAt !== three[at]?.startedAt);
      expect(changed.map(({ id }) => id)).toEqual([named.id]);

      const steps: ActionStep[] = [];
      expect(await restart('worker', { onStep: (step) => steps.push(step) })).toMatchObject({ ok: true });
      const shown = steps
        .filter(({ step }) => step === 'restarting' || step === 'healthy')
        .map(({ step, replica }) => `${step} ${replica}`);
      expect(shown).toEqual(three.flatMap(({ name: called }) => [`restarting ${called}`, `healthy ${called}`]));

      expect(await scale('worker', 3)).toMatchObject({ ok: true });
      expect(await replicasOf('worker')).toHaveLength(3);
      expect(await scale('worker', 1)).toMatchObject({ ok: true, replicas: [{ id: original?.id }] });
      expect((await replicasOf('worker')).map(({ number }) => number)).toEqual([1]);

      expect(await world.runtime.restart({ service: 'worker', replica: named.id }, options())).toMatchObject({
        ok: false,
        code: 'target_missing',
      });
    });

    it.each([
      ['out', 3, 4],
      ['in', 4, 3],
    ])('does not scale %s from a number that is not there', async (_, from, to) => {
      const before = await replicasOf('worker');
      const result = await world.runtime.scale({ service: 'worker' }, { from, to }, options());
      expect(result).toMatchObject({ ok: false, code: 'conflict' });
      expect(await replicasOf('worker')).toEqual(before);
    });

    it('tells when a replica was made, and words that mean it and no other', async () => {
      const [worker] = await replicasOf('worker');
      expect(Date.parse(worker?.createdAt ?? '')).toBeGreaterThan(0);
      expect(worker?.names).toEqual(expect.arrayContaining([worker?.name, worker?.id, worker?.id.slice(0, 12)]));
      expect(worker?.names).not.toContain('worker');
      expect(worker).not.toHaveProperty('stoppedBy');
      expect((await observe()).services.get('worker')).not.toHaveProperty('changing');
    });

    it.each([
      ['stopped', 'exited', 'stop', 'start'],
      ['paused', 'paused', 'pause', 'unpause'],
    ] as const)('leaves alone what a person %s', async (_, state, hold, letGo) => {
      if (!world.people) return;
      await world.people[hold]('plain');
      await vi.waitFor(async () => expect((await replicasOf('plain'))[0]?.state).toBe(state), patience);
      for (const result of [await restart('plain'), await scale('plain', 2)])
        expect(result).toMatchObject({ ok: false, code: 'held_by_person', retryable: true });
      expect(await replicasOf('plain')).toMatchObject([{ state }]);
      await world.people[letGo]('plain');
      expect(await restart('plain')).toMatchObject({ ok: true });
    });

    it('starts what was killed', async () => {
      if (!world.people) return;
      await world.people.kill('plain');
      await vi.waitFor(
        async () => expect(await replicasOf('plain')).toMatchObject([{ state: 'exited', stoppedBy: 'itself' }]),
        patience,
      );
      expect(await restart('plain')).toMatchObject({ ok: true });
    });

    it.each<[string, string]>([
      ['breaks', 'never_healthy'],
      ['quits', 'exited'],
    ])('calls it a failure when %s does not come back after its restart: %s', async (service, code) => {
      expect(await restart(service)).toMatchObject({ ok: false, code, retryable: true });
    });

    it('captures what a person wants to see, without secrets', async () => {
      const { replicas, capturedAt } = await world.runtime.evidence('worker');
      expect(capturedAt).toBeGreaterThan(0);
      expect(replicas[0]).toMatchObject({ name: `${world.project}-worker-1`, state: 'running', health: 'healthy' });
      expect(replicas[0]?.logLines.join('\n')).toContain('[redacted]');
      expect(JSON.stringify(replicas)).not.toContain(world.secret);
      expect((await world.runtime.evidence('nonsense')).replicas).toEqual([]);
    });

    it('gives up between two steps when it is told to, and says so', async () => {
      const before = await replicasOf('worker');
      const result = await restart('worker', { signal: AbortSignal.abort(new Error('stopping')) });
      expect(result).toMatchObject({ ok: false, code: 'aborted' });
      expect(await replicasOf('worker')).toEqual(before);
    });
  });
}

/** A busy machine takes its time for a look. */
const patience = { timeout: 20_000, interval: 50 };

const messageOf = (result: ActionResult): string => (result.ok ? '' : result.message);
