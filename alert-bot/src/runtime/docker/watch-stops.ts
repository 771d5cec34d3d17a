import { setTimeout as sleep } from 'node:timers/promises';
import type { DockerEngine } from './docker-engine.ts';
import { hasStatus } from './engine-error.ts';
import type { ContainerEvent } from './engine-types.ts';
import { createStopTestimony, type StopTestimony } from './stop-testimony.ts';

export interface StopWatch extends Pick<StopTestimony, 'whoStopped' | 'isStopping'> {
  /** Begins to listen, unless it does already. Never waits and never fails. */
  start(project: string): void;
  close(): void;
}

const firstRetryMs = 500;
const longestRetryMs = 30_000;
/** A socket proxy that forbids events will hardly allow them the next moment. */
const forbiddenRetryMs = 60_000;

/**
 * Listens to the engine's events for as long as the runtime lives, and asks for what it missed after a lost connection. The
 * engine remembers 256 events only, which health checks fill within seconds, so asking it when a container has ended is too late.
 */
export function createStopWatch(
  engine: DockerEngine,
  now: () => number,
  /** Told of every event; of those around a lost connection twice. */
  onEvent: (event: ContainerEvent) => void = () => undefined,
): StopWatch {
  const testimony = createStopTestimony(now);
  const take = (event: ContainerEvent) => {
    onEvent(event);
    if (event.action !== 'oom') testimony.take(event); // says nothing about who stopped a container
  };
  const controller = new AbortController();
  let started = false;
  return {
    whoStopped: testimony.whoStopped,
    isStopping: testimony.isStopping,
    start: (project) => {
      if (started || controller.signal.aborted) return;
      started = true;
      void follow(engine, project, { ...testimony, take }, controller.signal);
    },
    close: () => controller.abort(),
  };
}

async function follow(
  engine: DockerEngine,
  project: string,
  testimony: StopTestimony,
  signal: AbortSignal,
): Promise<void> {
  for (let retryMs = firstRetryMs; !signal.aborted; ) {
    const onOpen = () => {
      testimony.opened();
      retryMs = firstRetryMs;
    };
    const since = toSince(testimony.lastEventNano());
    const error: unknown = await engine
      .events({ project, since, onOpen, onEvent: testimony.take, signal })
      .catch((problem: unknown) => problem);
    const isForbidden = hasStatus(error, 403, 404, 405);
    await sleep(isForbidden ? forbiddenRetryMs : retryMs, undefined, { signal, ref: false }).catch(() => undefined);
    retryMs = Math.min(longestRetryMs, retryMs * 2);
  }
}

/** Inclusive, so that hearing the last event again proves that none was missed. */
function toSince(nano: bigint): string {
  if (nano === 0n) return '1';
  return `${nano / 1_000_000_000n}.${String(nano % 1_000_000_000n).padStart(9, '0')}`;
}
