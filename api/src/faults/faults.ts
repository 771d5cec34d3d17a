import { setMaxListeners } from 'node:events';
import type { Clock } from '@stack/service-kit/clock';
import { createFaultState, type FaultState, faultsOver } from '@stack/service-kit/faults';
import type { Logger } from '@stack/service-kit/logger';
import type { Pool } from '@stack/service-kit/postgres';
import { startProcessFaults } from '@stack/service-kit/process-faults';
import type { RequestHandler } from 'express';
import { insertBurst } from '../sql/insert-burst.ts';
import { disturbRequests } from './disturb-requests.ts';
import { exhaustPool } from './exhaust-pool.ts';
import { type FaultName, faultFields, faultNames } from './fault-names.ts';
import type { ApiFaults } from './fault-shape.ts';
import { lockTransactions } from './lock-transactions.ts';

export interface FaultDeps {
  clock: Clock;
  random: () => number;
  pool: Pool;
  /** A pool of so many connections beside the service's own. */
  createSparePool: (max: number) => Pool;
  logger: Logger;
  /** What a memory leak takes for its limit where no container sets one. */
  memoryLimitBytes: number | undefined;
  onInjected: (fault: FaultName) => void;
  /** Ends the process as a bug would, a moment later. */
  crash: () => void;
}

export interface Faults {
  state: FaultState<ApiFaults>;
  /** Makes what is on now true: called after every change. Resolves when a burst is inserted. @throws database errors */
  apply(active: Partial<ApiFaults>): Promise<void>;
  /** 1 for each fault that is on. */
  active(): Record<FaultName, number>;
  /** For the routes that faults may touch. */
  disturb: RequestHandler;
  /** Ends them all; requests that hang are answered. */
  stop(): void;
}

/** The state is in memory only: a restart of the process is a real cure. */
export function createFaults(deps: FaultDeps): Faults {
  const { clock, random, pool, logger, onInjected, crash } = deps;
  const state = createFaultState<ApiFaults>(clock);
  let generation = new AbortController();
  let isBursting = false;

  const nextGeneration = () => {
    generation.abort();
    generation = new AbortController();
    setMaxListeners(0, generation.signal); // every waiting request listens
    return generation.signal;
  };
  const stop = () => {
    state.clear();
    nextGeneration();
  };

  async function endOnTime(signal: AbortSignal): Promise<void> {
    if (!(await faultsOver(state, clock, signal))) return;
    logger.warn('faults ended by themselves');
    stop();
  }

  async function burst(count: number): Promise<void> {
    isBursting = true;
    onInjected('burst');
    try {
      await insertBurst(pool, count);
    } catch (error) {
      stop(); // the PUT fails as a whole
      throw error;
    } finally {
      isBursting = false;
    }
  }

  return {
    state,
    stop,
    apply: async (active) => {
      logger.warn({ active }, 'faults changed');
      const signal = nextGeneration();
      void endOnTime(signal);
      if (active.burst) await burst(active.burst); // first: an exhausted pool would not let it through
      if (signal.aborted) return; // changed again meanwhile
      startBackgroundFaults(active, signal, deps);
      if (!active.crash) return;
      onInjected('crash');
      crash();
    },
    active: () => {
      const current = { ...state.current(), burst: isBursting };
      return Object.fromEntries(faultNames.map((name) => [name, current[faultFields[name]] ? 1 : 0])) as Record<
        FaultName,
        number
      >;
    },
    disturb: disturbRequests({ clock, random, current: state.current, signal: () => generation.signal, onInjected }),
  };
}

/** Those that go on beside the requests, until `signal` aborts. */
function startBackgroundFaults(active: Partial<ApiFaults>, signal: AbortSignal, deps: FaultDeps): void {
  const { clock, pool, createSparePool, onInjected } = deps;
  const { poolExhaustion, databaseLockMs, connectionStorm } = active;
  startProcessFaults(active, { clock, signal, onInjected, memoryLimitBytes: deps.memoryLimitBytes });
  if (poolExhaustion) void exhaustPool(pool, { clock, signal, onTaken: () => onInjected('pool_exhaustion') });
  if (databaseLockMs) {
    const onLocked = () => onInjected('database_lock');
    void useUntilOver(createSparePool(1), (spare) =>
      lockTransactions(spare, databaseLockMs, { clock, signal, onLocked }),
    );
  }
  if (connectionStorm) {
    const onTaken = () => onInjected('connection_storm');
    void useUntilOver(createSparePool(connectionStorm), (spare) => exhaustPool(spare, { clock, signal, onTaken }));
  }
}

async function useUntilOver(spare: Pool, fault: (spare: Pool) => Promise<void>): Promise<void> {
  await fault(spare);
  await spare.end();
}
