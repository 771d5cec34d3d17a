import type { WatchItem } from '../watch.ts';
import { createWatchQueue, type WatchQueue } from '../watch-queue.ts';
import { compareLists, keepComparing } from './compare-lists.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { ContainerEvent } from './engine-types.ts';
import { followEvents } from './follow-events.ts';
import { createKnownContainers } from './known-containers.ts';
import { createStopTestimony, type StopTestimony } from './stop-testimony.ts';
import type { Watching, WatchScope } from './watching.ts';

export interface EngineWatch extends Pick<StopTestimony, 'whoStopped' | 'isStopping'> {
  /** Begins to listen, unless it does already. Never waits and never fails. */
  start(scope: WatchScope): void;
  /** As `Runtime.watch`: one connection to the engine serves everybody. */
  watch(signal: AbortSignal): AsyncIterable<WatchItem>;
  /** Whether there is a connection that events come over. */
  isHeard(): boolean;
  close(): void;
}

export interface EngineWatchOptions {
  /** Milliseconds of a clock that never goes back. */
  now: () => number;
  /** How often the list of containers is compared with what the events told. */
  compareMs?: number | undefined;
  /** Told of every event; of those around a lost connection twice. */
  onEvent?: (event: ContainerEvent) => void;
  /** Told when a connection was opened or has ended: events may be missing between two. */
  onBreak?: () => void;
}

/**
 * Listens to the engine's events for as long as the runtime lives, and asks for what it missed after a lost connection. The
 * engine remembers 256 events only, which health checks fill within seconds, and a connection may be dead without being closed.
 * So the list of containers is compared with what the events told: after each connection, and every few seconds.
 */
export function createEngineWatch(engine: DockerEngine, options: EngineWatchOptions): EngineWatch {
  const testimony = createStopTestimony(options.now);
  const closing = new AbortController();
  const audience = new Set<WatchQueue>();
  let watching: Watching | undefined;

  async function* watch(signal: AbortSignal): AsyncGenerator<WatchItem, void, void> {
    const queue = createWatchQueue(() => ({ type: 'list', containers: watching?.known.all() ?? [] }));
    audience.add(queue);
    if (watching) void compareLists(watching, 'closely');
    try {
      yield* queue.items(AbortSignal.any([signal, closing.signal]));
    } finally {
      audience.delete(queue);
    }
  }

  return {
    whoStopped: testimony.whoStopped,
    isStopping: testimony.isStopping,
    start: (scope) => {
      if (watching || closing.signal.aborted) return;
      watching = {
        ...{ engine, scope, testimony, audience, signal: closing.signal, compareMs: options.compareMs ?? 10_000 },
        onEvent: options.onEvent ?? (() => undefined),
        onBreak: options.onBreak ?? (() => undefined),
        known: createKnownContainers((event) => scope.describe(event)),
        ...{ stream: undefined, held: undefined, looking: Promise.resolve(), isLost: false },
      };
      void followEvents(watching);
      void keepComparing(watching);
    },
    watch,
    isHeard: () => watching?.stream !== undefined && !watching.stream.signal.aborted,
    close: () => closing.abort(),
  };
}
