import type { WatchedContainer, WatchItem } from '../runtime/watch.ts';

/** A container with what its events have told beside its state. Times in milliseconds since the epoch, by the engine's clock. */
export interface TrackedContainer {
  container: WatchedContainer;
  /** Somebody asked it to end in its present run. */
  toldToEndAt?: number;
  /** Somebody killed it in its present run. */
  killed?: boolean;
  /** The last to ask it to end was the bot, which starts it again. */
  endedByBot?: boolean;
  /** Of one that does not run. */
  endedBy?: 'person' | 'itself';
  /** When it ended on its own, oldest first; bounded. */
  deaths: readonly number[];
  /** Those that its number of restarts does not contain yet. */
  deathsSinceCount: number;
  lastExitCode?: number;
  /** When the kernel last killed one of its processes for want of memory. */
  outOfMemoryAt?: number;
}

type ContainerEvent = Extract<WatchItem, { type: 'event' }>;

const maxDeaths = 50;
/** SIGTERM, SIGINT, SIGQUIT. SIGHUP and SIGUSR1 mean something else than an end. */
const endSignals: ReadonlySet<string> = new Set(['15', '2', '3']);
/** Older engines say `stop` after `die`. */
const stopAfterDieMs = 5_000;

/** The container after one of its events; undefined when it is gone. */
export function trackEvent(before: TrackedContainer | undefined, event: ContainerEvent): TrackedContainer | undefined {
  const { action, container, at, signal = '', own = false } = event;
  if (action === 'destroy') return undefined;
  const known: TrackedContainer = { deaths: [], deathsSinceCount: 0, ...before, container };
  switch (action) {
    case 'kill':
      return {
        ...{ ...known, endedByBot: own },
        ...(signal === '9' && { killed: true }),
        ...(endSignals.has(signal) && { toldToEndAt: at }),
      };
    case 'stop':
      return stopped(known, at);
    case 'die':
      return died(known, event);
    case 'oom':
      return { ...known, outOfMemoryAt: at };
    case 'start':
      return started(known);
    default:
      return known;
  }
}

function started(tracked: TrackedContainer): TrackedContainer {
  const { toldToEndAt: _, killed: __, endedBy: ___, endedByBot: ____, ...known } = tracked;
  return known;
}

/** What was asked to end, or was killed, is no crash. What the bot ended is to run again, so it is not ended by a person. */
function died(known: TrackedContainer, { at, exitCode: lastExitCode = 0 }: ContainerEvent): TrackedContainer {
  if (known.endedByBot) return { ...known, endedBy: 'itself', lastExitCode };
  if (known.toldToEndAt !== undefined) return { ...known, endedBy: 'person', lastExitCode };
  if (known.killed) return { ...known, endedBy: 'itself', lastExitCode };
  const deaths = [...known.deaths, at].slice(-maxDeaths);
  return { ...known, endedBy: 'itself', lastExitCode, deaths, deathsSinceCount: known.deathsSinceCount + 1 };
}

/** Before `die` on newer engines, after it on older ones: then the end was a person's stop after all. */
function stopped(known: TrackedContainer, at: number): TrackedContainer {
  if (known.endedByBot) return known;
  if (known.container.state === 'up') return { ...known, toldToEndAt: at };
  const last = known.deaths.at(-1);
  const isCounted = last !== undefined && Math.abs(at - last) <= stopAfterDieMs;
  return { ...known, endedBy: 'person', deaths: isCounted ? known.deaths.slice(0, -1) : known.deaths };
}

/** The container as a list shows it. Restarts that no event told of were its policy's, after it had ended on its own. */
export function trackListed(
  before: TrackedContainer | undefined,
  container: WatchedContainer,
  now: number,
): TrackedContainer {
  if (!before) return { container, deaths: [], deathsSinceCount: 0, ...endOf(container) };
  const { endedBy, ...rest } = before;
  const end = container.state === 'up' ? {} : { ...(endedBy && { endedBy }), ...endOf(container) };
  if (container.restartCount === before.container.restartCount) return { ...rest, container, ...end };
  const missed = container.restartCount - before.container.restartCount - before.deathsSinceCount;
  const heard = Array<number>(Math.max(0, Math.min(missed, maxDeaths))).fill(now);
  return { ...rest, container, ...end, deaths: [...before.deaths, ...heard].slice(-maxDeaths), deathsSinceCount: 0 };
}

const endOf = ({ stoppedBy }: WatchedContainer): Pick<TrackedContainer, 'endedBy'> =>
  stoppedBy === undefined ? {} : { endedBy: stoppedBy };
