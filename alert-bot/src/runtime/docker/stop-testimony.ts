import type { ContainerEvent, ContainerInspect } from './engine-types.ts';

/** What the engine's events tell of a container that has ended. */
export type Testimony = 'person' | 'itself' | 'unknown';

export interface StopTestimony {
  /** A connection was made; what the engine still remembers comes first. */
  opened(): void;
  take(event: ContainerEvent): void;
  /** Who ended the run that `container` shows; `unknown` when the events do not tell. */
  whoStopped(container: ContainerInspect): Testimony;
  /** It runs and was told to stop: `docker stop` waits for it to end. */
  isStopping(container: ContainerInspect): boolean;
  /** The time of the last event, for `since`. */
  lastEventNano(): bigint;
  /** A connection was made and no event has come over it. */
  isResuming(): boolean;
}

interface Life {
  /** Nothing between this life's first event and now was missed. */
  whole: boolean;
  /** Its events before `die` are known, so that a missing `stop` means that there was none. */
  known: boolean;
  stopped: boolean;
  /** When we heard that it was told to stop, by the clock. */
  toldAt: number | undefined;
  died: { timeNano: bigint; heardAt: number } | undefined;
}

/** How many containers are remembered. */
const maxLives = 5_000;
/** Events that come so soon after the connection was made may be what the engine remembered, without what it forgot. */
const replayMs = 2_000;
/** `stop` follows `die`, or comes before it, within milliseconds. */
const settleMs = 2_000;
/** `FinishedAt` and the time of `die` are taken at two places in the engine. */
const sameEndMs = 5_000;

/**
 * Remembers from the engine's events how containers ended. `docker stop` and `compose stop` emit kill, die and stop in some
 * order, a crash emits die, `docker kill` emits kill and die. Memory is bounded, and what was missed is known to be missed.
 * @param now milliseconds of a clock that never goes back
 */
export function createStopTestimony(now: () => number): StopTestimony {
  const lives = new Map<string, Life>();
  let openedAt = 0;
  let lastNano = 0n;
  /** Until the last event that we know is heard again, or something newer arrives without it, there may be a gap. */
  let resuming = false;

  const fresh = (known: boolean): Life => ({ whole: true, known, stopped: false, toldAt: undefined, died: undefined });
  const remember = (id: string, life: Life) => {
    lives.delete(id);
    lives.set(id, life);
    const [oldest] = lives.keys();
    if (lives.size > maxLives && oldest !== undefined) lives.delete(oldest);
  };
  const isLive = () => now() - openedAt >= replayMs;
  const doubtAll = () => {
    for (const life of lives.values()) life.whole = false;
  };

  return {
    opened: () => {
      openedAt = now();
      resuming = true;
    },
    take: ({ id, action, timeNano, signal }) => {
      if (resuming) {
        resuming = false;
        if (timeNano === lastNano) return; // the engine remembers all that came after it
        doubtAll();
      }
      lastNano = timeNano; // also an older one: the engine was restarted, and its clock set back
      if (action === 'destroy') return void lives.delete(id);
      const seen = lives.get(id);
      const life =
        seen?.whole && action !== 'start' && action !== 'create' ? seen : fresh(action !== 'die' || isLive());
      if (action === 'kill' && isStopSignal(signal)) life.toldAt = now();
      if (action === 'stop') life.stopped = true;
      if (action === 'die') {
        life.died = { timeNano, heardAt: now() };
        if (life !== seen) life.toldAt = now(); // perhaps: it was before we listened
      }
      remember(id, life);
    },
    whoStopped: (container) => {
      const life = lives.get(container.Id);
      if (!life || !isSameEnd(life, container)) return 'unknown';
      if (life.stopped) return 'person';
      if (!life.died || !life.known) return 'unknown';
      const mayStillSayStop = life.toldAt !== undefined && now() - life.died.heardAt < settleMs;
      return mayStillSayStop ? 'person' : 'itself';
    },
    isStopping: ({ Id, Config }) => {
      const life = lives.get(Id);
      if (!life?.whole || life.toldAt === undefined || life.died) return false;
      const graceMs = Math.max(0, Config.StopTimeout ?? 10) * 1_000;
      return now() - life.toldAt < graceMs + settleMs;
    },
    lastEventNano: () => lastNano,
    isResuming: () => resuming,
  };
}

/** SIGTERM, or another signal that a program ends by. SIGKILL is no request, SIGHUP and SIGUSR1 mean something else. */
const isStopSignal = (signal: string | undefined): boolean => ['15', '2', '3'].includes(signal ?? '');

/** Whether the end that the events told is the one that the inspection shows: there may have been others in a gap. */
function isSameEnd({ died, whole }: Life, { State }: ContainerInspect): boolean {
  const finishedAt = Date.parse(State.FinishedAt ?? '');
  if (!died || Number.isNaN(finishedAt) || finishedAt < 0) return whole;
  return Math.abs(finishedAt - Number(died.timeNano / 1_000_000n)) <= sameEndMs;
}
