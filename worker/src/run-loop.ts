import { backoffDelayMs } from '@stack/service-kit/backoff';
import type { Clock } from '@stack/service-kit/clock';
import type { Logger } from '@stack/service-kit/logger';
import { classifyDatabaseError, retryDelayMs } from '@stack/service-kit/sqlstate';
import type { Faults } from './faults.ts';
import type { WorkerMetrics } from './metrics.ts';
import type { LoopName, Progress, Sign } from './progress.ts';

export interface StepResult {
  /** Rows of the batch; 0 means that there was nothing to do, and no batch is counted. */
  rows: number;
  /** How long to wait before the next step. */
  waitMs: number;
}

/** One batch. On abort it ends soon, by finishing the batch or by giving it back. */
export type Step = (signal: AbortSignal) => Promise<StepResult>;

export interface LoopDeps {
  clock: Clock;
  logger: Logger;
  metrics: WorkerMetrics;
  progress: Progress;
  faults: Faults;
}

/** A waiting loop shows this often that it lives. */
const signOfLifeMs = 1_000;
/** A database that comes back is noticed within this time. */
const maxBackoffMs = 5_000;

/** Runs `step` until `signal` aborts. Whatever a step throws is counted and tried again with backoff: the loop never dies. */
export async function runLoop(name: LoopName, step: Step, deps: LoopDeps, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    await deps.faults.whileStalled(signal);
    if (signal.aborted) return;
    const startedAt = performance.now();
    try {
      const { rows, waitMs } = await step(signal);
      if (rows > 0) countBatch(name, 'ok', startedAt, deps);
      if (failures > 0) deps.logger.info({ loop: name, failures }, 'the loop works again');
      failures = 0;
      await waitTurn(name, waitMs, 'made', deps, signal);
    } catch (error) {
      if (signal.aborted) return; // what was under way is rolled back: the rows are pending again
      failures += 1;
      countBatch(name, 'error', startedAt, deps);
      report(name, error, failures, deps);
      const delayMs = backoffDelayMs(failures, { baseMs: retryDelayMs(error), maxMs: maxBackoffMs });
      await waitTurn(name, delayMs, 'blocked', deps, signal);
    }
  }
}

/** Waits in slices, each a sign of life; a stall that begins in the middle is a stall at once. */
async function waitTurn(loop: LoopName, waitMs: number, sign: Sign, deps: LoopDeps, signal: AbortSignal) {
  deps.progress.mark(loop, sign);
  for (let leftMs = waitMs; leftMs > 0 && !signal.aborted; leftMs -= signOfLifeMs) {
    await deps.clock.sleep(Math.min(leftMs, signOfLifeMs), signal);
    await deps.faults.whileStalled(signal);
    deps.progress.mark(loop, sign);
  }
}

function countBatch(loop: LoopName, result: 'ok' | 'error', startedAt: number, { metrics }: LoopDeps): void {
  metrics.batches.inc({ loop, result });
  metrics.batchDuration.observe({ loop }, (performance.now() - startedAt) / 1_000);
}

/** An outage of an hour is some 700 tries: only the 1st, 2nd, 4th, 8th, … in a row are logged. */
function report(loop: LoopName, err: unknown, failures: number, { metrics, logger }: LoopDeps): void {
  const kind = classifyDatabaseError(err);
  metrics.databaseErrors.inc({ kind });
  if ((failures & (failures - 1)) !== 0) return;
  const line = { err, loop, kind, failures };
  if (kind === 'other') logger.error(line, 'a batch failed; it is tried again');
  else logger.warn(line, 'the database failed a batch; it is tried again');
}
