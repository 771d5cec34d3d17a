import type { Clock } from '@stack/service-kit/clock';
import { createLogger } from '@stack/service-kit/logger';
import { createFaults } from '../../src/faults.ts';
import { createWorkerMetrics } from '../../src/metrics.ts';
import { createProgress, type LoopName } from '../../src/progress.ts';
import { runLoop, type Step } from '../../src/run-loop.ts';

export interface LogLine {
  level: string;
  msg: string;
  [field: string]: unknown;
}

/** A logger whose lines can be read. */
export function createTestLogger() {
  const lines: LogLine[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  return { logger: createLogger({ service: 'worker', level: 'info', destination }), lines };
}

export interface LoopHarnessOptions {
  clock: Clock;
  stallAfterMs?: number;
}

/** Everything that one loop needs, and a look at what it counted and logged. */
export function createLoopHarness({ clock, stallAfterMs = 60_000 }: LoopHarnessOptions) {
  const { logger, lines } = createTestLogger();
  const faults = createFaults(clock);
  const metrics = createWorkerMetrics({
    pool: { totalCount: 0, idleCount: 0, waitingCount: 0 } as never,
    readBacklog: async () => ({ pending: 0, oldestAgeSeconds: 0 }),
    isGenerator: () => false,
    activeFaults: faults.active,
    capacity: 1,
    defaultMetrics: false,
  });
  const progress = createProgress({
    clock,
    stallAfterMs,
    onMade: (loop, atSeconds) => metrics.lastProgress.set({ loop }, atSeconds),
  });
  const stopping = new AbortController();
  const run = (step: Step, loop: LoopName = 'settle') =>
    runLoop(loop, step, { clock, logger, metrics, progress, faults }, stopping.signal);
  const sampleOf = async (name: string, labels: Record<string, string>) => {
    const metric = await metrics.registry.getSingleMetric(name)?.get();
    return metric?.values.find(({ labels: own }) =>
      Object.entries(labels).every(([key, value]) => own[key as never] === value),
    )?.value;
  };
  return { lines, faults, metrics, progress, run, sampleOf, stop: () => stopping.abort() };
}
