import { processFaultFields, processFaultNames } from '@stack/service-kit/process-faults';
import type { ApiFaults } from './fault-shape.ts';

/** The values of the metrics' label `fault`. */
export const faultNames = [
  'latency',
  'error_rate',
  'hang',
  ...processFaultNames,
  'pool_exhaustion',
  'database_lock',
  'connection_storm',
  'crash',
  'burst',
] as const;
export type FaultName = (typeof faultNames)[number];

export const faultFields: Readonly<Record<FaultName, keyof ApiFaults>> = {
  latency: 'latencyMs',
  error_rate: 'errorRate',
  hang: 'hang',
  ...processFaultFields,
  pool_exhaustion: 'poolExhaustion',
  database_lock: 'databaseLockMs',
  connection_storm: 'connectionStorm',
  crash: 'crash',
  burst: 'burst',
};
