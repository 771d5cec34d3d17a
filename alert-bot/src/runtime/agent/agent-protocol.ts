import * as z from 'zod';
import type { ContainerUsage } from '../../containers/container-sample.ts';
import { parseTarget } from '../../targets/target-name.ts';
import type {
  ActionFailureCode,
  ActionResult,
  ActionStep,
  Evidence,
  Observation,
  ObservedService,
} from '../runtime.ts';

/**
 * What bot and agent say to each other. An action takes minutes, so it is begun by one request and followed by others: neither a
 * lost connection nor a caller that dies changes what happens to the containers. The id makes a repeated request harmless; the answer
 * names another id when the very same action is under way already, for a caller that was killed and asks anew.
 * `service` is a target's text (`api`, `shop/web`, `-/web`). This is version 2; an agent that is asked for another one says so.
 *   GET  /v2/ping  /v2/observation  /v2/evidence?service=…&replica=…  /v2/containers (what they use, as last measured)
 *   GET  /v2/watch?after=…&waitMs=…   what happened to the containers after that place in the stream: see watch-protocol.ts
 *   POST /v2/restart {id, service, replica?, healthTimeoutMs}   POST /v2/scale {id, service, from?, to, healthTimeoutMs}   → 202 {id}
 *   (both also take `includeHeld`: touch what a person stopped or paused, if the agent's policy allows that)
 *   GET  /v2/actions/{id}?waitMs=…&afterStep=…                  DELETE /v2/actions/{id} gives it up
 * Without `from` a service is scaled from the number of replicas that it has. `out_of_bounds` that may be tried again: the agent's
 * budget for this hour is spent.
 * There is no way to say what a container should look like: an agent clones what is there.
 */
const id = z.uuid();
const service = z
  .string()
  .max(500)
  .refine((text) => parseTarget(text) !== undefined, 'must be SERVICE, PROJECT/SERVICE or -/CONTAINER');
const replica = z.string().regex(/^[A-Za-z0-9][\w.-]{0,127}$/, 'must be the id of a container');
const healthTimeoutMs = z.int().min(1).max(3_600_000);
const includeHeld = z.boolean().optional();

export const restartRequest = z.strictObject({
  id,
  service,
  replica: replica.optional(),
  healthTimeoutMs,
  includeHeld,
});
export const scaleRequest = z.strictObject({
  id,
  service,
  from: z.int().optional(),
  to: z.int(),
  healthTimeoutMs,
  includeHeld,
});
export const evidenceQuery = z.strictObject({ service, replica: replica.optional() });
export const actionParams = z.strictObject({ id });
const count = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);
export const actionQuery = z.strictObject({
  waitMs: count.refine((ms) => ms <= 30_000, 'must be at most 30000').default(0),
  afterStep: count.default(0),
});

const replicaState = z.enum(['running', 'restarting', 'paused', 'exited', 'dead', 'created', 'removing']);
const replicaHealth = z.enum(['healthy', 'unhealthy', 'starting', 'none']);
const observedReplica = z.object({
  id: z.string(),
  name: z.string(),
  service: z.string(),
  number: z.number(),
  state: replicaState,
  health: replicaHealth,
  createdAt: z.string().exactOptional(),
  startedAt: z.string(),
  finishedAt: z.string().exactOptional(),
  exitCode: z.number().exactOptional(),
  stoppedBy: z.enum(['person', 'itself']).exactOptional(),
  restartCount: z.number(),
  addresses: z.array(z.string()),
  names: z.array(z.string()).exactOptional(),
  optedIn: z.boolean(),
  words: z
    .object({
      action: z.enum(['restart', 'notify', 'none']).exactOptional(),
      cooldownMs: z.number().exactOptional(),
      attempts: z.number().exactOptional(),
    })
    .exactOptional(),
});
const observedService = z.object({
  project: z.string(),
  service: z.string(),
  optedIn: z.boolean(),
  protected: z.boolean(),
  changing: z.string().exactOptional(),
  actedOnBy: z.string().exactOptional(),
  replicas: z.array(observedReplica),
});

/** Services travel as a list of pairs: no name of a service means anything to JSON or to an object. */
export const observationAnswer = z
  .object({
    project: z.string(),
    projects: z.array(z.string()).exactOptional(),
    observedAt: z.number(),
    services: z.array(z.tuple([z.string(), observedService])),
  })
  .transform((answer): Observation => ({ ...answer, services: new Map(answer.services) }));

/** Of what the caller may not touch it learns how many there are and how they are, not where. */
export const toObservationAnswer = ({ services, ...rest }: Observation) => ({
  ...rest,
  services: [...services].map(([name, service]) => [name, withoutWhereabouts(service)] as const),
});

function withoutWhereabouts(service: ObservedService): ObservedService {
  if (service.optedIn && !service.protected) return service;
  return { ...service, replicas: service.replicas.map(({ names: _, ...replica }) => ({ ...replica, addresses: [] })) };
}

const number = z.number().exactOptional();
const usage: z.ZodType<ContainerUsage> = z.object({
  memoryWorkingSetBytes: number,
  memoryLimitBytes: number,
  cpuSeconds: number,
  cpuLimitCores: number,
  cpuPeriods: number,
  cpuThrottledPeriods: number,
  cpuThrottledSeconds: number,
  networkReceivedBytes: number,
  networkSentBytes: number,
  diskReadBytes: number,
  diskWrittenBytes: number,
  restarts: number,
  oomKills: number,
  startedAtSeconds: number,
});
export const containersAnswer = z.object({
  samples: z.array(
    z.object({
      id: z.string(),
      project: z.string(),
      service: z.string(),
      replica: z.string(),
      state: replicaState,
      health: replicaHealth,
      usage: usage.exactOptional(),
    }),
  ),
});

const failureCodes = [
  'target_missing',
  'not_opted_in',
  'protected_target',
  'out_of_bounds',
  'not_scalable',
  'conflict',
  'held_by_person',
  'changing',
  'never_healthy',
  'exited',
  'engine_error',
  'aborted',
] as const satisfies readonly ActionFailureCode[];

const affected = z.object({
  id: z.string(),
  name: z.string(),
  startedAt: z.string(),
  previousStartedAt: z.string().exactOptional(),
});
export const begunAnswer = z.object({ id });
const result: z.ZodType<ActionResult> = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), replicas: z.array(affected), notes: z.array(z.string()).exactOptional() }),
  z.object({ ok: z.literal(false), code: z.enum(failureCodes), message: z.string(), retryable: z.boolean() }),
]);
const step: z.ZodType<ActionStep> = z.object({
  step: z.string(),
  replica: z.string().exactOptional(),
  detail: z.string().exactOptional(),
});

/** How an action stands. `unavailable`: the agent's own runtime could not be reached, so nobody knows what happened. */
export const actionAnswer = z.discriminatedUnion('state', [
  z.object({ id, state: z.literal('running'), steps: z.array(step) }),
  z.object({ id, state: z.literal('done'), steps: z.array(step), result }),
  z.object({ id, state: z.literal('unavailable'), steps: z.array(step), message: z.string() }),
]);
export type ActionAnswer = z.infer<typeof actionAnswer>;

export const evidenceAnswer: z.ZodType<Evidence> = z.object({
  capturedAt: z.number(),
  replicas: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      state: z.string(),
      health: z.string(),
      startedAt: z.string(),
      restartCount: z.number(),
      exitCode: z.number().exactOptional(),
      healthOutput: z.array(z.string()).exactOptional(),
      logLines: z.array(z.string()),
    }),
  ),
});
