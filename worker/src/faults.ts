import type { Clock } from '@stack/service-kit/clock';
import { createFaultState, type FaultState } from '@stack/service-kit/faults';
import type { WorkerFaults } from './fault-shape.ts';

export const faultNames = ['stall', 'latency', 'crash'] as const;
export type FaultName = (typeof faultNames)[number];

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
