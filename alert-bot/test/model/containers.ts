import type { Replica } from '../../src/runtime/runtime.ts';
import type { ModelClock } from './model-clock.ts';

/** A replica of the simulated engine, with what is wrong with it. */
export interface Container extends Replica {
  addedBy: 'compose' | 'bot';
  /** Milliseconds of the run. */
  madeAt: number;
  /** When its process last started, in milliseconds of the run. */
  upSince: number;
  /** When it was last stopped, paused or ended. */
  endedAt: number;
  /** To the engine the same as a stop by a person. */
  stoppedByBot: boolean;
  sick: Sickness | undefined;
}

export interface Sickness {
  /** A restart takes it away. */
  curable: boolean;
  /** After a cure it comes back so much later. */
  relapseMs?: number;
}

export interface ModelService {
  name: string;
  optedIn: boolean;
  protected: boolean;
  /** Set while compose replaces containers. */
  changing: string | undefined;
  changingSince: number;
  /** Something outside that no restart cures. */
  external: boolean;
  /** New processes never become healthy. */
  neverHealthy: boolean;
  replicas: Container[];
  /** When somebody other than the bot last changed the number of replicas. */
  countChangedAt: number;
}

const bootMs = 3_000;
/** A `docker events` stream shows the end of a recreate somewhat later. */
const afterglowMs = 2_000;

export type Containers = ReturnType<typeof createContainers>;

/** The containers of one compose project, and what people, compose and bad luck do to them. */
export function createContainers(clock: ModelClock, changed: () => void) {
  const services = new Map<string, ModelService>();
  let made = 0;
  let eraOfRelapses = 0;

  function serviceOf(name: string): ModelService {
    return services.get(name) as ModelService;
  }

  /** Addresses are handed out again, as Docker does. */
  function freeAddress(service: ModelService): string {
    const taken = new Set(service.replicas.flatMap(({ addresses }) => addresses));
    const net = [...services.keys()].indexOf(service.name);
    for (let host = 2; ; host += 1) if (!taken.has(`10.0.${net}.${host}`)) return `10.0.${net}.${host}`;
  }

  function make(service: ModelService, addedBy: Container['addedBy']): Container {
    made += 1;
    const numbers = new Set(service.replicas.map(({ number }) => number));
    let number = 1;
    while (numbers.has(number)) number += 1;
    const container: Container = {
      id: `${service.name}-${made}`,
      name: `demo-${service.name}-${number}`,
      service: service.name,
      number,
      state: 'created',
      health: 'none',
      createdAt: stamp(),
      startedAt: '0001-01-01T00:00:00Z',
      restartCount: 0,
      addresses: [freeAddress(service)],
      optedIn: service.optedIn,
      addedBy,
      madeAt: clock.elapsed(),
      upSince: Number.POSITIVE_INFINITY,
      endedAt: 0,
      stoppedByBot: false,
      sick: undefined,
    };
    service.replicas.push(container);
    return container;
  }

  /** Every start has a time of its own, as with the engine's nanoseconds. */
  const stamp = () => new Date(clock.now()).toISOString().replace('Z', `${String(made).padStart(6, '0')}Z`);

  function launch(container: Container): void {
    made += 1;
    delete container.finishedAt;
    delete container.exitCode;
    delete container.stoppedBy;
    container.stoppedByBot = false;
    Object.assign(container, { state: 'running', health: 'starting', startedAt: stamp(), upSince: clock.elapsed() });
    const { sick, startedAt } = container;
    if (sick?.curable) {
      container.sick = undefined;
      const { relapseMs } = sick;
      const era = eraOfRelapses;
      if (relapseMs !== undefined)
        clock.after(relapseMs, () => (era === eraOfRelapses ? sicken(container, sick) : undefined));
    }
    changed();
    clock.after(bootMs, () => {
      if (container.startedAt !== startedAt || container.state !== 'running') return;
      container.health = healthOf(container);
      changed();
    });
  }

  const healthOf = ({ service }: Container) => (serviceOf(service).neverHealthy ? 'unhealthy' : 'healthy');

  function end(container: Container, by: 'person' | 'itself'): void {
    if (container.state !== 'running' && container.state !== 'paused') return;
    Object.assign(container, { state: 'exited', health: 'none', stoppedBy: by, exitCode: by === 'person' ? 0 : 137 });
    Object.assign(container, { finishedAt: new Date(clock.now()).toISOString(), upSince: Number.POSITIVE_INFINITY });
    container.endedAt = clock.elapsed();
    changed();
  }

  function pause(container: Container): void {
    if (container.state !== 'running') return;
    container.state = 'paused';
    container.endedAt = clock.elapsed();
    changed();
  }

  function unpause(container: Container): void {
    if (container.state !== 'paused') return;
    container.state = 'running';
    if (container.health === 'starting') container.health = healthOf(container);
    changed();
  }

  function remove(container: Container): void {
    const service = serviceOf(container.service);
    service.replicas = service.replicas.filter((other) => other !== container);
    changed();
  }

  function sicken(container: Container, sick: Sickness): void {
    if (!services.get(container.service)?.replicas.includes(container)) return;
    container.sick = sick;
    changed();
  }

  const nth = (name: string, index: number): Container | undefined => {
    const { replicas } = serviceOf(name);
    return replicas[index % Math.max(1, replicas.length)];
  };

  /** `docker compose up --scale`: adds at the end, removes the newest, whoever made them. */
  function scaleByPerson(name: string, count: number): void {
    const service = serviceOf(name);
    if (service.changing !== undefined || service.replicas.length === count) return;
    service.countChangedAt = clock.elapsed();
    while (service.replicas.length > count) remove(service.replicas.at(-1) as Container);
    while (service.replicas.length < count) launch(make(service, 'compose'));
  }

  /** `docker compose up --force-recreate`: each replica is stopped, removed and made again under a new id. */
  function recreate(name: string, takesMs: number): void {
    const service = serviceOf(name);
    if (service.changing !== undefined) return;
    const old = [...service.replicas];
    setChanging(service, 'compose replaces its containers');
    const stepMs = takesMs / (old.length + 1);
    for (const [index, container] of old.entries()) {
      clock.after(stepMs * index, () => {
        end(container, 'person');
        if (!service.replicas.includes(container)) return;
        remove(container);
        const fresh = make(service, container.addedBy);
        clock.after(stepMs, () => launch(fresh));
      });
    }
    clock.after(takesMs + afterglowMs, () => setChanging(service, undefined));
  }

  function setChanging(service: ModelService, changing: string | undefined): void {
    service.changing = changing;
    service.changingSince = clock.elapsed();
    changed();
  }

  return {
    services,
    change: (name: string, change: Partial<Pick<ModelService, 'external' | 'neverHealthy' | 'optedIn'>>) => {
      const service = serviceOf(name);
      Object.assign(service, change);
      for (const container of service.replicas) {
        container.optedIn = service.optedIn;
        if (container.health === 'unhealthy' && !service.neverHealthy) container.health = 'healthy';
      }
      changed();
    },
    add: (name: string, count: number, isProtected = false) => {
      const service: ModelService = {
        name,
        optedIn: true,
        protected: isProtected,
        changing: undefined,
        changingSince: 0,
        external: false,
        neverHealthy: false,
        replicas: [],
        countChangedAt: Number.NEGATIVE_INFINITY,
      };
      services.set(name, service);
      while (service.replicas.length < count) launch(make(service, 'compose'));
    },
    serviceOf,
    nth,
    make,
    launch,
    end,
    pause,
    unpause,
    remove,
    sicken,
    scaleByPerson,
    recreate,
    /** What would have come back stays away. */
    stopRelapses: () => {
      eraOfRelapses += 1;
    },
  };
}

export const isHealthy = ({ state, health }: Replica) => state === 'running' && health === 'healthy';

/** Somebody stopped or paused it: it is theirs to start. */
export const isHeld = ({ state, stoppedBy }: Replica) =>
  state === 'paused' || (state === 'exited' && stoppedBy === 'person');
