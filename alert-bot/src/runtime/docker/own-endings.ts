import type { ContainerInspect } from './engine-types.ts';

/** What this runtime did itself, so that it does not take it for a person's doing. */
export interface OwnEndings {
  /** Our own call is stopping or starting this container right now. */
  begin(id: string): void;
  end(id: string): void;
  isActing(id: string): boolean;
  /** Our call to restart it was answered: who ends it from now on is somebody else. */
  noteStarted(id: string): void;
  /** Our call is under way, and may be what ends this container. */
  isEnding(id: string): boolean;
  /** Our call to stop this run was sent, and nobody knows what became of it. */
  noteInterrupted(container: ContainerInspect): void;
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
  const ending = new Set<string>();
  const [stopped, failed, interrupted] = [createRuns(), createRuns(), createRuns()];
  return {
    begin: (id) => {
      acting.add(id);
      ending.add(id);
    },
    end: (id) => {
      acting.delete(id);
      ending.delete(id);
    },
    isActing: (id) => acting.has(id),
    noteStarted: (id) => void ending.delete(id),
    isEnding: (id) => ending.has(id),
    noteStopped: stopped.note,
    noteFailed: failed.note,
    noteInterrupted: interrupted.note,
    didStop: (container) => {
      const interruptedAt = interrupted.notedAt(container);
      return (
        stopped.notedAt(container) !== undefined ||
        (interruptedAt !== undefined && endedAround(container, interruptedAt))
      );
    },
    sawFail: (container) => failed.notedAt(container) !== undefined,
  };
}

/** How long an engine that died in the middle may take to end the container, and what its clock and ours may differ by. */
const soonMs = 90_000;

function endedAround({ State }: ContainerInspect, at: number): boolean {
  const finishedAt = Date.parse(State.FinishedAt ?? '');
  return Number.isNaN(finishedAt) || Math.abs(finishedAt - at) <= soonMs;
}

/** Runs are known by their start time: a later run of the same container is another one. */
function createRuns() {
  const runs = new Map<string, { startedAt: string; notedAt: number }>();
  return {
    note: ({ Id, State }: ContainerInspect) => {
      runs.delete(Id);
      runs.set(Id, { startedAt: State.StartedAt, notedAt: Date.now() });
      const [oldest] = runs.keys();
      if (runs.size > maxRemembered && oldest !== undefined) runs.delete(oldest);
    },
    /** When this run was noted, in milliseconds since the epoch. */
    notedAt: ({ Id, State }: ContainerInspect): number | undefined => {
      const run = runs.get(Id);
      return run?.startedAt === State.StartedAt ? run.notedAt : undefined;
    },
  };
}
