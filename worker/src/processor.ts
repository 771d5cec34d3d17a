import type { Clock } from '@stack/service-kit/clock';

export type Outcome = 'settled' | 'failed';

/** What the payment processor said about one claimed transaction. */
export interface Verdict {
  /** A bigint, as text. */
  id: string;
  outcome: Outcome;
}

/** Thrown when the worker stops in mid-batch: the transaction is rolled back and its rows are pending again. */
export class BatchGivenBack extends Error {
  override readonly name = 'BatchGivenBack';
}

export interface Processor {
  /** How long the next batch will take, in milliseconds. */
  latencyMs(): number;
  /** One verdict for each id, in the same order. @throws BatchGivenBack when `signal` aborts before the answer */
  process(ids: readonly string[], signal: AbortSignal): Promise<Verdict[]>;
}

export interface SimulatedProcessorOptions {
  clock: Clock;
  baseLatencyMs: number;
  extraLatencyMs: () => number;
  /** 0 to 1. */
  failureRate: number;
  random: () => number;
}

/** Takes the same time for a batch of any size: that, and the batch size, give a replica its known capacity. */
export function createSimulatedProcessor(options: SimulatedProcessorOptions): Processor {
  const { clock, baseLatencyMs, extraLatencyMs, failureRate, random } = options;
  const latencyMs = () => baseLatencyMs + extraLatencyMs();
  return {
    latencyMs,
    process: async (ids, signal) => {
      const ms = latencyMs();
      if (ms > 0) await clock.sleep(ms, signal); // a timer of 0 ms takes 1
      if (signal.aborted) throw new BatchGivenBack('the worker stops: the batch is given back');
      return ids.map((id) => ({ id, outcome: random() < failureRate ? 'failed' : 'settled' }));
    },
  };
}
