/** A fault by the name that people type, and how it is said to the API or the worker. */
export interface FaultKind {
  service: 'api' | 'worker';
  /** What the argument is, `undefined` when there is none. */
  argument?: { name: string; example: string; kind: 'time' | 'share' | 'count' };
  help: string;
  body(value: number): Record<string, unknown>;
}

export const faultKinds = {
  latency: {
    service: 'api',
    argument: { name: 'TIME', example: '400ms', kind: 'time' },
    help: 'every request waits this long',
    body: (latencyMs) => ({ latencyMs }),
  },
  errors: {
    service: 'api',
    argument: { name: 'SHARE', example: '30%', kind: 'share' },
    help: 'this share of the requests is answered with 500',
    body: (errorRate) => ({ errorRate }),
  },
  hang: { service: 'api', help: 'requests are accepted and never answered', body: () => ({ hang: true }) },
  pool: {
    service: 'api',
    help: 'every database connection of the API is taken',
    body: () => ({ poolExhaustion: true }),
  },
  memory: {
    service: 'api',
    argument: { name: 'MB', example: '16', kind: 'count' },
    help: 'keeps so many more megabytes each second, up to 256',
    body: (memoryLeakMbPerSecond) => ({ memoryLeakMbPerSecond }),
  },
  cpu: {
    service: 'api',
    argument: { name: 'THREADS', example: '2', kind: 'count' },
    help: 'keeps so many cores busy',
    body: (cpuBurnThreads) => ({ cpuBurnThreads }),
  },
  block: {
    service: 'api',
    argument: { name: 'TIME', example: '800ms', kind: 'time' },
    help: 'the main thread waits this long, again and again',
    body: (eventLoopBlockMs) => ({ eventLoopBlockMs }),
  },
  files: {
    service: 'api',
    argument: { name: 'COUNT', example: '200', kind: 'count' },
    help: 'opens so many files each second and never closes them, up to 4000',
    body: (fileDescriptorsPerSecond) => ({ fileDescriptorsPerSecond }),
  },
  'slow-database': {
    service: 'api',
    argument: { name: 'TIME', example: '1s', kind: 'time' },
    help: 'the table of transactions is locked this long, again and again',
    body: (databaseLockMs) => ({ databaseLockMs }),
  },
  connections: {
    service: 'api',
    argument: { name: 'COUNT', example: '75', kind: 'count' },
    help: 'holds so many more connections of the database, up to 190',
    body: (connectionStorm) => ({ connectionStorm }),
  },
  crash: { service: 'api', help: 'the API dies', body: () => ({ crash: true }) },
  burst: {
    service: 'api',
    argument: { name: 'COUNT', example: '5000', kind: 'count' },
    help: 'so many pending transactions at once',
    body: (burst) => ({ burst }),
  },
  stall: { service: 'worker', help: 'the first worker stops working and says nothing', body: () => ({ stall: true }) },
  'slow-worker': {
    service: 'worker',
    argument: { name: 'TIME', example: '3s', kind: 'time' },
    help: 'the payment processor of the first worker takes so much longer',
    body: (latencyMs) => ({ latencyMs }),
  },
} as const satisfies Record<string, FaultKind>;

export type FaultName = keyof typeof faultKinds;
