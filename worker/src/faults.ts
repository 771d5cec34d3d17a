import type { Clock } from '@stack/service-kit/clock';
import { createFaultState, type FaultState } from '@stack/service-kit/faults';
import * as z from 'zod';

export const faultNames = ['stall', 'latency', 'crash'] as const;
export type FaultName = (typeof faultNames)[number];

/** Longer would let a batch outlive the default STALL_AFTER_MS: that is what `stall` is for. */
const maxExtraLatencyMs = 20_000;

/** The body of `PUT /faults`, next to `durationSeconds`. */
export const faultShape = {
  /** The loops stop at their next batch boundary; the process answers as if nothing were wrong. */
  stall: z.boolean().optional(),
  /** Added to the payment processor's latency: the same replica settles less per second. */
  latencyMs: z.int().min(0).max(maxExtraLatencyMs).optional(),
  /** The process dies of an uncaught exception right after the answer. */
  crash: z.boolean().optional(),
};

export type WorkerFaults = z.output<z.ZodObject<typeof faultShape>>;

export interface Faults {
  state: FaultState<WorkerFaults>;
  /** 1 for each fault that is on. */
  active(): Record<FaultName, number>;
  extraLatencyMs(): number;
  /** Resolves at once, or when the stall is over, or when `signal` aborts. */
  whileStalled(signal: AbortSignal): Promise<void>;
}

const stallPollMs = 100;

export function createFaults(clock: Clock): Faults {
  const state = createFaultState<WorkerFaults>(clock);
  return {
    state,
    active: () => {
      const { stall, latencyMs, crash } = state.current();
      return { stall: stall ? 1 : 0, latency: latencyMs ? 1 : 0, crash: crash ? 1 : 0 };
    },
    extraLatencyMs: () => state.current().latencyMs ?? 0,
    whileStalled: async (signal) => {
      while (state.current().stall && !signal.aborted) await clock.sleep(stallPollMs, signal);
    },
  };
}
