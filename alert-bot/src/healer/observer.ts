import type { Clock } from '@stack/service-kit/clock';
import type { Logger } from '@stack/service-kit/logger';
import type { Observation, Runtime } from '../runtime/runtime.ts';

/** How long one look at the containers may take, in milliseconds. A hanging socket must not hang the bot. */
const observeTimeoutMs = 5_000;
/** A last look that is older is no basis for a decision. */
const staleMs = 15_000;
export interface Observer {
  /** A look of its own; undefined when the runtime does not answer in time. */
  fresh(): Promise<Observation | undefined>;
  /** A fresh look if one comes within `waitMs`, else the last one if it is recent enough, else undefined. */
  recent(waitMs: number): Promise<Observation | undefined>;
  /** Begins a look without waiting for it, so that the last one is never old while the runtime is well. */
  refresh(): void;
  /** What was seen last, however long ago. */
  last(): Observation | undefined;
  /** The home project, known since the first look at the latest. */
  home(): string | undefined;
  /** The runtime answered when it was last asked. */
  up(): boolean;
}

/** Looks at the containers with a deadline; concurrent callers share a look that has not begun to be old. */
export function createObserver({
  runtime,
  clock,
  logger,
  home,
}: {
  runtime: Runtime;
  clock: Clock;
  logger: Logger;
  /** The home project, where it is known without a look. */
  home?: string | undefined;
}): Observer {
  let last: { at: number; observation: Observation } | undefined;
  let looking: Promise<Observation | undefined> | undefined;
  let up = true;

  async function look(): Promise<Observation | undefined> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), observeTimeoutMs);
    try {
      const tooLate = new Promise<never>((_resolve, reject) => {
        deadline.signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true });
      });
      const observation = await Promise.race([runtime.observe(deadline.signal), tooLate]);
      last = { at: performance.now(), observation };
      if (!up) logger.info('the container runtime answers again');
      up = true;
      return observation;
    } catch (err) {
      if (up) logger.error({ err }, 'the container runtime does not answer');
      up = false;
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  const shared = () => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };

  return {
    fresh: look,
    last: () => last?.observation,
    home: () => last?.observation.project ?? home,
    up: () => up,
    refresh: () => void shared(),
    recent: async (waitMs) => {
      const timeout = new AbortController();
      const lastKnown = clock.sleep(waitMs, timeout.signal).then(() => 'late' as const);
      const first = await Promise.race([shared(), lastKnown]);
      timeout.abort();
      if (first !== 'late') return first;
      return last && performance.now() - last.at < staleMs ? last.observation : undefined;
    },
  };
}
