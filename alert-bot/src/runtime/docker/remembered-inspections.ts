import type { DockerEngine } from './docker-engine.ts';
import type { ContainerInspect, ContainerSummary } from './engine-types.ts';
import { inspectAll } from './inspect-all.ts';

/** Inspections that still hold, so that a look at hundreds of containers is one list when nothing has happened. */
export interface RememberedInspections {
  /** As `inspectAll`. @param isAfresh which containers are inspected whatever is remembered */
  inspect(
    listed: readonly ContainerSummary[],
    isAfresh: (id: string) => boolean,
    signal?: AbortSignal,
  ): Promise<Map<string, ContainerInspect>>;
  /** Something happened to the container. */
  forget(id: string): void;
  /** Events may have been missed. */
  forgetAll(): void;
  /** The target is about to be acted on, or was: what is decided about it rests on looks of their own from now on. */
  touch(target: string): void;
  isTouched(target: string): boolean;
}

export interface RememberedInspectionsOptions {
  /** Milliseconds of a clock that never goes back. */
  now: () => number;
  /** Whether the engine's events are heard: nothing is remembered without them. */
  isHeard: () => boolean;
}

/** A second net below events and lists. Ages are spread, so that no look has to inspect all containers at once. */
const maxAgeMs = 120_000;
/** Longer than an action and its verification take. */
const touchedMs = 15 * 60_000;

interface Remembered {
  seen: ContainerInspect;
  /** What the list said of it. */
  listed: string;
  until: number;
}

/** What was inspected holds until an event of the container, a list that shows it otherwise, or the end of its age. */
export function createRememberedInspections(
  engine: DockerEngine,
  { now, isHeard }: RememberedInspectionsOptions,
): RememberedInspections {
  const remembered = new Map<string, Remembered>();
  const touched = new Map<string, number>();
  /** Inspections under way. What is forgotten meanwhile is taken out: their answers may be older than the event. */
  const underWay = new Set<Set<string>>();

  const isGood = ({ Id, Status }: ContainerSummary, listed: string | undefined): boolean => {
    const known = remembered.get(Id);
    return Status !== undefined && known?.listed === listed && now() < (known?.until ?? 0);
  };
  const forgetMissing = (ids: ReadonlySet<string>) => {
    for (const id of remembered.keys()) if (!ids.has(id)) remembered.delete(id);
  };

  return {
    inspect: async (containers, isAfresh, signal) => {
      const heard = isHeard();
      const texts = new Map(containers.map((one) => [one.Id, textOf(one)]));
      forgetMissing(new Set(texts.keys()));
      const known = new Map<string, ContainerInspect>();
      for (const one of heard ? containers : [])
        if (!isAfresh(one.Id) && isGood(one, texts.get(one.Id)))
          known.set(one.Id, (remembered.get(one.Id) as Remembered).seen);
      const missing = containers.filter(({ Id }) => !known.has(Id));
      const unchanged = new Set(heard ? missing.map(({ Id }) => Id) : []);
      underWay.add(unchanged);
      try {
        const seen = await inspectAll(engine, missing, signal);
        for (const [id, one] of seen)
          if (unchanged.has(id))
            remembered.set(id, {
              seen: one,
              listed: texts.get(id) ?? '',
              until: now() + maxAgeMs * (0.5 + Math.random() / 2),
            });
        // an event during the look makes what was remembered before it old
        const late = [...known].filter(([id, one]) => remembered.get(id)?.seen !== one).map(([Id]) => ({ Id }));
        const again = await inspectAfresh(late, known, signal);
        return new Map([...known, ...seen, ...again]);
      } finally {
        underWay.delete(unchanged);
      }
    },
    forget: (id) => {
      remembered.delete(id);
      for (const unchanged of underWay) unchanged.delete(id);
    },
    forgetAll: () => {
      remembered.clear();
      for (const unchanged of underWay) unchanged.clear();
    },
    touch: (target) => {
      for (const [one, until] of touched) if (until <= now()) touched.delete(one);
      touched.set(target, now() + touchedMs);
    },
    isTouched: (target) => now() < (touched.get(target) ?? 0),
  };

  /** One that is gone by now must not be told as it was. */
  async function inspectAfresh(
    late: readonly { Id: string }[],
    known: Map<string, ContainerInspect>,
    signal: AbortSignal | undefined,
  ): Promise<Map<string, ContainerInspect>> {
    for (const { Id } of late) known.delete(Id);
    return late.length === 0 ? new Map() : inspectAll(engine, late, signal);
  }
}

/** Everything that a list tells. Its words about the time since the start change when a restart was missed. */
function textOf({ Names, State, Status, Health, Image, Labels, NetworkSettings }: ContainerSummary): string {
  return JSON.stringify([Names, State, Status, Health, Image, Labels, NetworkSettings]);
}
