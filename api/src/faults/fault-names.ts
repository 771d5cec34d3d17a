import type { ApiFaults } from './fault-shape.ts';

/** The values of the metrics' label `fault`. */
export const faultNames = [
  'latency',
  'error_rate',
  'hang',
  'memory_leak',
  'cpu_burn',
  'pool_exhaustion',
  'crash',
  'burst',
] as const;
export type FaultName = (typeof faultNames)[number];

export const faultFields: Readonly<Record<FaultName, keyof ApiFaults>> = {
  latency: 'latencyMs',
  error_rate: 'errorRate',
  hang: 'hang',
  memory_leak: 'memoryLeakMbPerSecond',
  cpu_burn: 'cpuBurnThreads',
  pool_exhaustion: 'poolExhaustion',
  crash: 'crash',
  burst: 'burst',
};
