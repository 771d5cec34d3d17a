import { type FaultName, faultKinds } from './faults.ts';

/** One fault with the alert that it leads to and what the bot is expected to do. */
export interface Scenario {
  fault: FaultName;
  title: string;
  injecting: string;
  /** Any of them may be the one that the bot acts on. */
  alerts: readonly string[];
  service: 'api' | 'worker';
  /** After the repair the bot also undoes it. */
  scalesBack?: true;
  /** Nothing for the bot: whoever runs the process brings it back. */
  comesBackByItself?: true;
  body(timing: { forSeconds: number; fast: boolean }): Record<string, unknown>;
}

/** So many pending transactions that one worker, who settles 100 a second, cannot help it before the alert fires. */
export const burstSize = (forSeconds: number): number => 150 * (Math.round(forSeconds) + 20);

export const scenarios = {
  latency: {
    fault: 'latency',
    title: 'slow API',
    injecting: 'injecting 400 ms latency into the API',
    alerts: ['APIHighLatency'],
    service: 'api',
    body: () => faultKinds.latency.body(400),
  },
  errors: {
    fault: 'errors',
    title: 'failing API',
    injecting: 'injecting errors: 40 % of the answers become 500',
    alerts: ['APIErrorRateHigh'],
    service: 'api',
    body: () => faultKinds.errors.body(0.4),
  },
  hang: {
    fault: 'hang',
    title: 'hanging API',
    injecting: 'the API accepts requests and never answers',
    alerts: ['APIHighLatency', 'APIErrorRateHigh', 'APIUnhealthy'],
    service: 'api',
    body: () => faultKinds.hang.body(),
  },
  pool: {
    fault: 'pool',
    title: 'API without database connections',
    injecting: 'taking every database connection of the API',
    alerts: ['APIHighLatency', 'APIErrorRateHigh', 'APIUnhealthy'],
    service: 'api',
    body: () => faultKinds.pool.body(),
  },
  crash: {
    fault: 'crash',
    title: 'crashing API',
    injecting: 'the API process dies',
    alerts: [],
    service: 'api',
    comesBackByItself: true,
    body: () => faultKinds.crash.body(),
  },
  stall: {
    fault: 'stall',
    title: 'stalled worker',
    injecting: 'the worker stops working and says nothing',
    alerts: ['WorkerStalled'],
    service: 'worker',
    body: () => faultKinds.stall.body(),
  },
  backlog: {
    fault: 'burst',
    title: 'backlog of transactions',
    injecting: 'a burst of pending transactions',
    alerts: ['WorkerBacklogHigh'],
    service: 'worker',
    scalesBack: true,
    body: ({ forSeconds }) => faultKinds.burst.body(burstSize(forSeconds)),
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;
export const scenarioNames = Object.keys(scenarios) as ScenarioName[];
