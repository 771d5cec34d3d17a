import type { ContainerInspect } from './engine-types.ts';

/** What this runtime did itself, so that it does not take it for a person's doing. */
export interface OwnEndings {
  /** Our own call is stopping or starting this container right now. */
  begin(id: string): void;
  end(id: string): void;
  isActing(id: string): boolean;
  /** The run of the container that this inspection shows was ended by our call. */
  noteStopped(container: ContainerInspect): void;
  /** The run that this inspection shows ended while we waited for it to become healthy. */
  noteFailed(container: ContainerInspect): void;
  didStop(container: ContainerInspect): boolean;
  sawFail(container: ContainerInspect): boolean;
}

const maxRemembered = 1_000;

/** In memory only: the engine finishes a restart of its own accord when the bot dies in the middle of it. */
export function createOwnEndings(): OwnEndings {
  const acting = new Set<string>();
  const stopped = createRuns();
  const failed = createRuns();
  return {
    begin: (id) => void acting.add(id),
    end: (id) => void acting.delete(id),
    isActing: (id) => acting.has(id),
    noteStopped: stopped.add,
    noteFailed: failed.add,
    didStop: stopped.has,
    sawFail: failed.has,
  };
}

/** Runs are known by their start time: a later run of the same container is another one. */
function createRuns() {
  const runs = new Map<string, string>();
  return {
    add: ({ Id, State }: ContainerInspect) => {
      runs.delete(Id);
      runs.set(Id, State.StartedAt);
      const [oldest] = runs.keys();
      if (runs.size > maxRemembered && oldest !== undefined) runs.delete(oldest);
    },
    has: ({ Id, State }: ContainerInspect) => runs.get(Id) === State.StartedAt,
  };
}
