import type { FaultKind } from './happenings.ts';

/** The alert that must name each fault, and within how many seconds. */
export const expected: Readonly<Record<FaultKind, { alert: string; withinSeconds: number }>> = {
  'latency 400 ms': { alert: 'APIHighLatency', withinSeconds: 25 },
  'error rate 30 %': { alert: 'APIErrorRateHigh', withinSeconds: 30 },
  hang: { alert: 'APIUnhealthy', withinSeconds: 20 },
  'pool exhaustion': { alert: 'APIUnhealthy', withinSeconds: 20 },
  'api frozen': { alert: 'APIDown', withinSeconds: 25 },
  'api gone': { alert: 'APIDown', withinSeconds: 35 },
  'worker stalled': { alert: 'WorkerStalled', withinSeconds: 30 },
  'worker frozen': { alert: 'WorkerStalled', withinSeconds: 30 },
  'no worker': { alert: 'WorkerDown', withinSeconds: 40 },
  '12,000 pending': { alert: 'WorkerBacklogHigh', withinSeconds: 20 },
  'cpu burn': { alert: 'ServiceBurningCPU', withinSeconds: 40 },
  'event loop blocked': { alert: 'ServiceEventLoopBlocked', withinSeconds: 35 },
  'file descriptor leak': { alert: 'ServiceFileDescriptorsHigh', withinSeconds: 65 },
  'slow database': { alert: 'DatabaseSlow', withinSeconds: 35 },
  'database down': { alert: 'DatabaseDown', withinSeconds: 40 },
};

/** What else may be said of a fault: it follows from it, and Alertmanager or the bot's single flight keep it from a second repair. */
export const tolerated: Readonly<Partial<Record<FaultKind, readonly string[]>>> = {
  'pool exhaustion': ['APIHighLatency'],
  'api frozen': ['TargetDown'],
  'worker stalled': ['WorkerBacklogHigh'],
  'worker frozen': ['WorkerDown', 'TargetDown', 'WorkerBacklogHigh'],
  'no worker': ['WorkerBacklogHigh'],
};
