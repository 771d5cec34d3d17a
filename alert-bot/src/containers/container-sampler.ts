import type { Logger } from '@stack/service-kit/logger';
import type { ContainerReadings } from './container-metrics.ts';
import { type ContainerLook, type ContainerMeter, type ContainerSample, lives } from './container-sample.ts';

export interface SamplerOptions {
  meter: ContainerMeter;
  intervalMs: number;
  logger: Logger;
  /** Milliseconds that never go back. */
  now?: () => number;
}

export interface ContainerSampler extends ContainerReadings {
  start(): void;
  stop(): void;
  /** One look now. Never rejects; the timer calls it too. */
  sample(): Promise<void>;
}

/** A sample is shown for this many intervals: a look that fails now and then leaves no gap, an engine that hangs does. */
const staleIntervals = 3;

interface Held {
  sample: ContainerSample;
  at: number;
}

/**
 * Looks at the containers regularly, in the background: a scrape reads what was seen last and never waits for the engine. Looks
 * never overlap, and one that takes longer than the interval is given up.
 */
export function createContainerSampler({
  meter,
  intervalMs,
  logger,
  now = monotonicNow,
}: SamplerOptions): ContainerSampler {
  let held: ReadonlyMap<string, Held> = new Map();
  let troubled = false;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const lifetime = new AbortController();

  const take = ({ samples, missed }: ContainerLook, at: number) => {
    const next = new Map(samples.map((sample) => [sample.id, { sample, at }]));
    for (const id of missed) {
      const old = held.get(id);
      if (old && !next.has(id)) next.set(id, old);
    }
    held = next;
    tell(missed.length > 0 ? `${missed.length} containers could not be measured` : undefined);
  };
  /** Once when it begins and once when it ends: an engine that is away is not news every five seconds. */
  const tell = (problem: string | undefined) => {
    if ((problem !== undefined) !== troubled) {
      if (problem === undefined) logger.info('the containers are measured again');
      else logger.warn({ problem }, 'the containers cannot all be measured');
    }
    troubled = problem !== undefined;
  };

  const sample = async () => {
    const deadline = AbortSignal.timeout(intervalMs);
    const at = now();
    try {
      take(await meter.look(AbortSignal.any([deadline, lifetime.signal])), at);
    } catch (error) {
      if (!stopped) tell(error instanceof Error ? error.message : String(error));
    }
  };
  const run = async () => {
    const startedAt = now();
    await sample();
    if (stopped) return;
    timer = setTimeout(() => void run(), Math.max(intervalMs / 5, intervalMs - (now() - startedAt))).unref();
  };

  return {
    sample,
    start: () => void run(),
    stop: () => {
      stopped = true;
      lifetime.abort();
      clearTimeout(timer);
    },
    current: () => {
      const oldest = now() - staleIntervals * intervalMs;
      const hasEnded = ({ sample: { id, state }, at }: Held) => lives(state) && meter.hasEndedSince?.(id, at) === true;
      const isOver = (one: Held) => one.at < oldest || hasEnded(one);
      return [...held.values()].filter((one) => !isOver(one)).map(({ sample: one }) => one);
    },
    isTroubled: () => troubled,
  };
}

const monotonicNow = () => performance.now();
