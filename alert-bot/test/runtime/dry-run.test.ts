import { describe, expect, it } from 'vitest';
import { createDryRunRuntime, type RehearsedAction } from '../../src/runtime/dry-run/dry-run-runtime.ts';
import { createFakeWorld } from './fake-world.ts';

const options = { healthTimeoutMs: 1_000 };

describe('the dry run', () => {
  it('sees the truth, answers as if it had acted, remembers what it would have done, and touches nothing', async () => {
    const world = await createFakeWorld();
    const told: RehearsedAction[] = [];
    const runtime = createDryRunRuntime({
      observer: world.runtime,
      onRehearsed: (action) => told.push(action),
      now: () => 7,
    });
    const [worker] = (await runtime.observe()).services.get('worker')?.replicas ?? [];
    expect(await runtime.restart({ service: 'worker', replica: worker?.id ?? '' }, options)).toEqual({
      ok: true,
      replicas: [
        { id: worker?.id, name: 'demo-worker-1', startedAt: worker?.startedAt, previousStartedAt: worker?.startedAt },
      ],
    });
    expect(await runtime.scale({ service: 'worker' }, { from: 1, to: 3 }, options)).toMatchObject({ ok: true });
    expect((await runtime.evidence('worker')).replicas).toHaveLength(1);
    expect(told).toEqual([
      { at: 7, action: 'restart', service: 'worker', replica: worker?.id },
      { at: 7, action: 'scale', service: 'worker', to: 3 },
    ]);
    expect(runtime.rehearsed()).toEqual(told);
    expect(world.engine.events).toEqual([]);
    await world.stop();
  });

  it('works with nothing behind it', async () => {
    const runtime = createDryRunRuntime({ now: () => 7 });
    await runtime.ping();
    expect(await runtime.observe()).toEqual({ project: 'dry-run', observedAt: 7, services: new Map() });
    expect(await runtime.restart({ service: 'api' }, options)).toEqual({ ok: true, replicas: [] });
    expect(await runtime.evidence('api')).toEqual({ capturedAt: 7, replicas: [] });
  });
});
