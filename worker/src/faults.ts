import type { Clock } from '@stack/service-kit/clock';
import { createFaultState, type FaultState, faultsOver } from '@stack/service-kit/faults';
import { processFaultFields, processFaultNames, startProcessFaults } from '@stack/service-kit/process-faults';
import type { WorkerFaults } from './fault-shape.ts';

export const faultNames = ['stall', 'latency', ...processFaultNames, 'crash'] as const;
export type FaultName = (typeof faultNames)[number];

const faultFields: Readonly<Record<FaultName, keyof WorkerFaults>> = {
  stall: 'stall',
  latency: 'latencyMs',
  ...processFaultFields,
  crash: 'crash',
};

export interface Faults {
  state: FaultState<WorkerFaults>;
  /** Makes what is on now true: called after every change. */
  apply(active: Partial<WorkerFaults>): void;
  /** 1 for each fault that is on. */
  active(): Record<FaultName, number>;
  extraLatencyMs(): number;
  /** Resolves at once, or when the stall is over, or when `signal` aborts. */
  whileStalled(signal: AbortSignal): Promise<void>;
  /** Ends them all. */
  stop(): void;
}

const stallPollMs = 100;

/** @param memoryLimitBytes what a memory leak takes for its limit where no container sets one */
export function createFaults(clock: Clock, memoryLimitBytes?: number): Faults {
  const state = createFaultState<WorkerFaults>(clock);
  let generation = new AbortController();
  const nextGeneration = () => {
    generation.abort();
    generation = new AbortController();
    return generation.signal;
  };
  const stop = () => {
    state.clear();
    nextGeneration();
  };
  return {
    state,
    stop,
    apply: (active) => {
      const signal = nextGeneration();
      void faultsOver(state, clock, signal).then((over) => over && stop());
      startProcessFaults(active, { clock, signal, memoryLimitBytes, onInjected: () => {} });
    },
    active: () => {
      const current = state.current();
      return Object.fromEntries(faultNames.map((name) => [name, current[faultFields[name]] ? 1 : 0])) as Record<
        FaultName,
        number
      >;
    },
    extraLatencyMs: () => state.current().latencyMs ?? 0,
    whileStalled: async (signal) => {
      while (state.current().stall && !signal.aborted) await clock.sleep(stallPollMs, signal);
    },
  };
}
