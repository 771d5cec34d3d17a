import type { Clock } from '@stack/service-kit/clock';
import { type ActionResult, type Replica, type Runtime, RuntimeUnavailable } from '../../src/runtime/runtime.ts';
import { observation, replica } from './world.ts';

export interface FakeRuntime extends Runtime {
  world: ReturnType<typeof observation>;
  /** What was done, in order: `restart api`, `scale worker 3`. */
  actions: string[];
  /** What the next actions do instead of working. */
  faults: ('unhealthy' | 'fails' | 'lost_before' | 'lost_after' | 'hangs')[];
  /** Neither looks nor actions are answered. */
  down: boolean;
  /** How long an action takes, in milliseconds of the clock. */
  actionMs: number;
}

/** Containers in memory, which start anew and multiply as Docker's do. */
export function createFakeRuntime(clock: Clock): FakeRuntime {
  const now = () => new Date(clock.now()).toISOString();
  const replicasOf = (service: string) => fake.world.services.get(service)?.replicas ?? [];
  const set = (service: string, replicas: Replica[]) => {
    const known = fake.world.services.get(service);
    if (known) known.replicas = replicas;
  };

  async function act(name: string, change: (health: Replica['health']) => void): Promise<ActionResult> {
    if (fake.down) throw new RuntimeUnavailable('connect ENOENT');
    fake.actions.push(name);
    const fault = fake.faults.shift();
    if (fault === 'hangs') return new Promise(() => undefined);
    if (fake.actionMs > 0) await clock.sleep(fake.actionMs);
    if (fault === 'lost_before') throw new RuntimeUnavailable('socket hang up');
    if (fault === 'fails') return { ok: false, code: 'engine_error', message: '500', retryable: true };
    change(fault === 'unhealthy' ? 'unhealthy' : 'healthy');
    if (fault === 'lost_after') throw new RuntimeUnavailable('socket hang up');
    if (fault === 'unhealthy') return { ok: false, code: 'never_healthy', message: 'still unhealthy', retryable: true };
    return { ok: true, replicas: [] };
  }

  const fake: FakeRuntime = {
    world: observation(),
    actions: [],
    faults: [],
    down: false,
    actionMs: 0,
    observe: async () => {
      if (fake.down) throw new RuntimeUnavailable('connect ENOENT');
      return structuredClone({ ...fake.world, observedAt: clock.now() });
    },
    restart: ({ service, replica: id }) =>
      act(`restart ${service}${id ? ` ${id}` : ''}`, (health) => {
        const anew = (one: Replica) =>
          id === undefined || one.id === id ? { ...one, startedAt: now(), state: 'running' as const, health } : one;
        set(service, replicasOf(service).map(anew));
      }),
    scale: ({ service }, { to }) =>
      act(`scale ${service} ${to}`, (health) => {
        const kept = replicasOf(service).slice(0, to);
        const added = Array.from({ length: to - kept.length }, (_, i) =>
          replica(service, kept.length + i + 1, { startedAt: now(), health }),
        );
        set(service, [...kept, ...added]);
      }),
    evidence: async (service) => ({
      capturedAt: clock.now(),
      replicas: replicasOf(service).map(({ id, name, state, health, startedAt, restartCount }) => ({
        id,
        name,
        state,
        health,
        startedAt,
        restartCount,
        logLines: ['the last words'],
      })),
    }),
    ping: async () => undefined,
  };
  return fake;
}
