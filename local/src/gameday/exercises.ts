import { setTimeout as sleep } from 'node:timers/promises';
import { type FaultName, faultKinds } from '../demo/faults.ts';
import { requestJson } from '../demo/http-json.ts';
import { queryValue } from '../demo/observe-stack.ts';
import { burstSize } from '../demo/scenarios.ts';
import { firstWorker, type StackAccess } from '../demo/stack-access.ts';
import type { Exercise, ExerciseContext, Injected } from './exercise.ts';
import { keepCrashing, keepSlow } from './keep-breaking.ts';

type Body = Record<string, unknown>;

const inApi =
  (bodyOf: Body | ((context: ExerciseContext) => Body)) =>
  async (context: ExerciseContext): Promise<Injected> => {
    const fault = typeof bodyOf === 'function' ? bodyOf(context) : bodyOf;
    const body = { ...fault, durationSeconds: context.durationSeconds };
    await requestJson(`${context.stack.api}/faults`, { method: 'PUT', body, timeoutMs: 30_000 });
    return {};
  };

const inWorker =
  (fault: Body) =>
  async ({ stack, durationSeconds }: ExerciseContext): Promise<Injected> => {
    await (await firstWorker(stack)).faults('PUT', { ...fault, durationSeconds });
    return {};
  };

async function killWorker({ stack }: ExerciseContext): Promise<Injected> {
  await (await firstWorker(stack)).kill?.();
  return {};
}

async function takeConnections(context: ExerciseContext): Promise<Injected> {
  const allowed = (await queryValue(context.stack, 'max(pg_settings_max_connections)')) ?? 100;
  const used = (await queryValue(context.stack, 'sum(pg_stat_database_numbackends)')) ?? 0;
  return inApi(faultKinds.connections.body(Math.ceil(allowed * 0.9 - used)))(context);
}

/** What grows in its first minutes is a start and no leak, so the rule looks at older containers only. */
const oldEnoughSeconds = 200;

async function untilApiIsOld(stack: StackAccess, { signal }: { signal: AbortSignal }): Promise<void> {
  const age = 'time() - max(process_start_time_seconds{job="api"})';
  while (!signal.aborted && ((await queryValue(stack, age).catch(() => undefined)) ?? 0) < oldEnoughSeconds)
    await sleep(1_000);
}

const onLocal = ({ kind }: StackAccess) => kind === 'local';

/** What a slow or failing API looks like to the rules. */
const slowOrFailing = ['APIHighLatency', 'APIErrorRateHigh', 'APIUnhealthy', 'ContainerUnhealthy'];

/** Every fault of the catalogue, in this order: what disturbs the next ones longest comes last. */
export const exercises = {
  latency: {
    title: 'slow API',
    injecting: 'every request to the API waits 400 ms',
    alerts: ['APIHighLatency'],
    faces: ['APIUnhealthy', 'ContainerUnhealthy'],
    service: 'api',
    expected: 'healed',
    inject: inApi(faultKinds.latency.body(400)),
  },
  errors: {
    title: 'failing API',
    injecting: '40 % of the answers of the API become 500',
    alerts: ['APIErrorRateHigh', 'APIUnhealthy', 'ContainerUnhealthy'],
    faces: [],
    service: 'api',
    expected: 'healed',
    inject: inApi(faultKinds.errors.body(0.4)),
  },
  hang: {
    title: 'hanging API',
    injecting: 'the API accepts requests and never answers',
    alerts: slowOrFailing,
    faces: [],
    service: 'api',
    expected: 'healed',
    inject: inApi(faultKinds.hang.body()),
  },
  pool: {
    title: 'API without database connections',
    injecting: 'every database connection of the API is taken',
    alerts: slowOrFailing,
    faces: [],
    service: 'api',
    expected: 'healed',
    inject: inApi(faultKinds.pool.body()),
  },
  crash: {
    title: 'crashing API',
    injecting: 'the API process dies',
    alerts: [],
    faces: ['APIDown', 'APIErrorRateHigh', 'APIUnhealthy'],
    service: 'api',
    expected: 'comes back',
    inject: inApi(faultKinds.crash.body()),
  },
  cpu: {
    title: 'CPU burn',
    injecting: 'four threads of the API keep a core busy each',
    alerts: ['ServiceBurningCPU'],
    faces: [...slowOrFailing, 'APIDown', 'ServiceEventLoopBlocked', 'DatabaseSlow'],
    service: 'api',
    expected: 'healed',
    inject: inApi(faultKinds.cpu.body(4)),
  },
  block: {
    title: 'blocked event loop',
    injecting: 'the main thread of the API waits 800 ms at a time',
    alerts: ['ServiceEventLoopBlocked', 'APIDown', ...slowOrFailing],
    faces: ['DatabaseSlow', 'TargetDown'],
    service: 'api',
    expected: 'healed',
    inject: inApi(faultKinds.block.body(800)),
  },
  files: {
    title: 'leak of file descriptors',
    injecting: 'the API opens 500 files a second and closes none',
    alerts: ['ServiceFileDescriptorsHigh'],
    faces: [],
    service: 'api',
    expected: 'healed',
    inject: inApi(faultKinds.files.body(500)),
  },
  'kill-worker': {
    title: 'killed worker',
    injecting: 'the worker is killed (SIGKILL)',
    alerts: ['WorkerDown'],
    faces: ['TargetDown', 'WorkerStalled', 'WorkerBacklogHigh'],
    service: 'worker',
    // a supervisor of processes starts again what was killed; Docker takes docker kill for a wish
    expected: (stack) => (onLocal(stack) ? 'comes back' : 'healed'),
    inject: killWorker,
  },
  stall: {
    title: 'stalled worker',
    injecting: 'the worker stops working and says nothing',
    alerts: ['WorkerStalled', 'ContainerUnhealthy'],
    faces: ['WorkerBacklogHigh'],
    service: 'worker',
    expected: 'healed',
    inject: inWorker(faultKinds.stall.body()),
  },
  backlog: {
    title: 'backlog of transactions',
    injecting: 'a burst of pending transactions',
    alerts: ['WorkerBacklogHigh'],
    faces: [],
    service: 'worker',
    scalesBack: true,
    expected: 'healed',
    inject: inApi(({ forSeconds }) => faultKinds.burst.body(burstSize(forSeconds))),
  },
  memory: {
    title: 'memory leak',
    injecting: 'the API keeps 16 MB more each second',
    alerts: ['ContainerMemoryNearLimit'],
    faces: ['ContainerOOMKilled', 'ContainerRestarting'],
    service: 'api',
    expected: 'healed',
    prepare: untilApiIsOld,
    inject: inApi(faultKinds.memory.body(16)),
  },
  'slow-database': {
    title: 'slow database',
    injecting: 'the table of transactions is locked for a second at a time',
    alerts: ['DatabaseSlow'],
    faces: [...slowOrFailing, 'WorkerBacklogHigh'],
    service: 'api',
    expected: 'for a person',
    inject: inApi(faultKinds['slow-database'].body(1_000)),
  },
  connections: {
    title: 'connection storm',
    injecting: 'connections of the database are taken and kept until nine of ten are in use',
    alerts: ['DatabaseConnectionsHigh'],
    faces: [],
    service: 'api',
    expected: 'for a person',
    inject: takeConnections,
  },
  unhealable: {
    title: 'fault that no restart cures',
    injecting: 'the API is slow again after every start',
    alerts: ['APIHighLatency'],
    faces: ['APIUnhealthy', 'ContainerUnhealthy'],
    service: 'api',
    expected: 'given up',
    inject: async (context) => keepSlow(context, inApi(faultKinds.latency.body(400))),
  },
  'crash-loop': {
    title: 'crash loop',
    injecting: 'the API dies soon after every start',
    alerts: ['ServiceCrashLooping', 'ContainerCrashLooping'],
    faces: ['APIDown', 'TargetDown', 'ContainerRestarting', ...slowOrFailing],
    service: 'api',
    expected: 'for a person',
    inject: async ({ stack }) => keepCrashing(stack),
  },
} as const satisfies Record<string, Exercise> & Partial<Record<FaultName, Exercise>>;

export type ExerciseName = keyof typeof exercises;
export const exerciseNames = Object.keys(exercises) as ExerciseName[];
