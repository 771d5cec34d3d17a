import type {
  ActionFailureCode,
  ActionOptions,
  ActionResult,
  AffectedReplica,
  Evidence,
  Observation,
  Runtime,
} from '../../src/runtime/runtime.ts';
import { RuntimeUnavailable } from '../../src/runtime/runtime.ts';
import { type Container, type Containers, isHealthy, isHeld, type ModelService } from './containers.ts';
import type { ModelClock } from './model-clock.ts';

export type EngineFault = 'fails' | 'lost_before' | 'lost_after' | 'lost_between' | 'hangs';

export interface SimulatedEngine {
  /** Neither looks nor actions are answered. */
  down: boolean;
  latencyMs: number;
  stopMs: number;
  /** What the next actions do instead of working. */
  faults: EngineFault[];
  /** What is being done to each service now, for which bot or the one after it. */
  underWay: Map<string, number>;
  /** Seen from one bot: `isAlive` ends what its client does step by step; what the engine has begun it finishes. */
  runtimeOf(isAlive: () => boolean, watch: EngineWatch): Runtime;
}

/** Told of everything that is asked of the engine, before it is done. */
export interface EngineWatch {
  restart(service: string, replica: string | undefined): void;
  scale(service: string, from: number, to: number): void;
  /** Something is begun that changes containers of the service. */
  touched(service: string): void;
  removed(container: Container, to: { from: number; to: number }): void;
}

const looksEveryMs = 1_000;

/** The contract of `Runtime` over simulated containers, as slow and as unreliable as the run wants it. */
export function createSimulatedEngine(clock: ModelClock, containers: Containers): SimulatedEngine {
  const engine: SimulatedEngine = {
    down: false,
    latencyMs: 20,
    stopMs: 2_000,
    faults: [],
    underWay: new Map(),
    runtimeOf: (isAlive, watch) => ({
      observe: async () => {
        await answer();
        return observation();
      },
      restart: ({ service, replica }, options) => {
        watch.restart(service, replica);
        return act(service, () => restart(service, replica, options, isAlive, watch));
      },
      scale: ({ service }, change, options) => {
        watch.scale(service, change.from, change.to);
        return act(service, () => scale(service, change, options, isAlive, watch));
      },
      evidence: async (): Promise<Evidence> => {
        await answer();
        return { capturedAt: clock.now(), replicas: [] };
      },
      ping: answer,
    }),
  };

  let breaksOff = false;

  async function answer(): Promise<void> {
    await clock.sleep(engine.latencyMs);
    if (engine.down) throw new RuntimeUnavailable('connect ENOENT');
  }

  const observation = (): Observation => ({
    project: 'demo',
    observedAt: clock.now(),
    services: new Map(
      [...containers.services.values()].map((service) => {
        const { name, optedIn, changing } = service;
        const replicas = service.replicas.map((replica) => structuredClone(seen(replica)));
        const rest = changing === undefined ? {} : { changing };
        return [name, { project: 'demo', service: name, optedIn, protected: service.protected, ...rest, replicas }];
      }),
    ),
  });

  async function act(service: string, work: () => Promise<ActionResult>): Promise<ActionResult> {
    const fault = engine.faults.shift();
    await clock.sleep(engine.latencyMs);
    if (engine.down) throw new RuntimeUnavailable('connect ENOENT');
    if (fault === 'hangs') return new Promise(() => undefined);
    if (fault === 'lost_before') throw new RuntimeUnavailable('socket hang up');
    if (fault === 'fails') return refused('engine_error', 'HTTP 500');
    engine.underWay.set(service, (engine.underWay.get(service) ?? 0) + 1);
    breaksOff = fault === 'lost_between';
    const result = await work().finally(() => engine.underWay.set(service, (engine.underWay.get(service) ?? 1) - 1));
    if (fault === 'lost_after' || engine.down) throw new RuntimeUnavailable('socket hang up');
    return result;
  }

  async function restart(
    name: string,
    replica: string | undefined,
    { healthTimeoutMs }: ActionOptions,
    isAlive: () => boolean,
    watch: EngineWatch,
  ): Promise<ActionResult> {
    const service = containers.serviceOf(name);
    const targets = service.replicas.filter(({ id }) => replica === undefined || id === replica);
    const refusal = refuse(service, targets);
    if (refusal) return refusal;
    const done: AffectedReplica[] = [];
    for (const target of targets) {
      if (!isAlive()) return refused('aborted', 'the client is gone');
      if (!service.replicas.includes(target)) return refused('target_missing', `${target.name} is gone`);
      if (isHeld(target) && !target.stoppedByBot) return refused('held_by_person', `${target.name} was stopped`);
      const previousStartedAt = target.startedAt;
      watch.touched(name);
      await clock.sleep(engine.stopMs);
      if (!service.replicas.includes(target)) return refused('target_missing', `${target.name} is gone`);
      containers.end(target, 'person');
      target.stoppedByBot = true;
      if (breaksOff) throw new RuntimeUnavailable('the engine died');
      await clock.sleep(200);
      if (!service.replicas.includes(target)) return refused('target_missing', `${target.name} is gone`);
      containers.launch(target);
      const health = await becomesHealthy(target, healthTimeoutMs, isAlive);
      if (health) return health;
      done.push({ id: target.id, name: target.name, startedAt: target.startedAt, previousStartedAt });
    }
    return { ok: true, replicas: done };
  }

  async function becomesHealthy(target: Container, timeoutMs: number, isAlive: () => boolean) {
    for (let waitedMs = 0; !isHealthy(target); waitedMs += looksEveryMs) {
      if (!isAlive()) return refused('aborted', 'the client is gone');
      if (target.state === 'exited') return refused('exited', `${target.name} exited`);
      if (waitedMs >= timeoutMs) return refused('never_healthy', `${target.name} is ${target.health}`);
      await clock.sleep(looksEveryMs);
    }
    return undefined;
  }

  async function scale(
    name: string,
    { from, to }: { from: number; to: number },
    { healthTimeoutMs }: ActionOptions,
    isAlive: () => boolean,
    watch: EngineWatch,
  ): Promise<ActionResult> {
    const service = containers.serviceOf(name);
    const refusal = refuse(service, to > from ? service.replicas : []);
    if (refusal) return refusal;
    const step = to > from ? 1 : -1;
    const added: Container[] = [];
    let expected = service.replicas.length;
    if (expected !== to && (step > 0 ? expected < from || expected > to : expected > from || expected < to))
      return refused('conflict', `there are ${expected} replicas`);
    for (; expected !== to; expected += step) {
      if (!isAlive()) return refused('aborted', 'the client is gone');
      if (service.replicas.length !== expected) return refused('conflict', 'somebody else changed the number');
      watch.touched(name);
      if (step > 0) added.push(addReplica(service));
      else {
        const last = service.replicas.findLast(({ addedBy }) => addedBy === 'bot');
        if (!last) return refused('conflict', 'no replica of the bot is left');
        watch.removed(last, { from, to });
        containers.remove(last);
      }
      await clock.sleep(500);
    }
    for (const replica of added) {
      const health = await becomesHealthy(replica, healthTimeoutMs, isAlive);
      if (health) return health;
    }
    return { ok: true, replicas: added.map(({ id, name: replica, startedAt }) => ({ id, name: replica, startedAt })) };
  }

  function addReplica(service: ModelService): Container {
    const container = containers.make(service, 'bot');
    containers.launch(container);
    return container;
  }

  return engine;
}

/** What the runtime refuses whatever the healer thinks. */
function refuse(service: ModelService, targets: readonly Container[]): ActionResult | undefined {
  if (service.protected) return refused('protected_target', 'protected');
  if (!service.optedIn) return refused('not_opted_in', 'no label');
  if (service.changing !== undefined) return refused('changing', service.changing);
  if (service.replicas.length === 0) return refused('target_missing', 'no container');
  const held = targets.find((target) => isHeld(target) && !target.stoppedByBot);
  return held && refused('held_by_person', `${held.name} was stopped`);
}

const refused = (code: ActionFailureCode, message: string): ActionResult => ({
  ok: false,
  code,
  message,
  retryable: true,
});

/** A replica without what only the simulation knows. */
function seen({
  addedBy: _a,
  madeAt: _m,
  upSince: _u,
  endedAt: _e,
  stoppedByBot: _b,
  sick: _s,
  ...replica
}: Container) {
  return replica;
}
