import type {
  ActionOptions,
  ActionResult,
  Observation,
  ObservedService,
  Replica,
  Runtime,
} from '@stack/alert-bot/src/runtime/runtime.ts';
import { type Failure, failure } from './bring-up.ts';
import { createProcessMeter } from './process-meter.ts';
import { collectEvidence } from './replica-evidence.ts';
import type { LocalReplica, ReplicaGroup } from './replica-group.ts';
import { restartGroup } from './restart-group.ts';
import { scaleGroup } from './scale-group.ts';

export interface ProcessRuntimeOptions {
  project: string;
  /** What runs now; the order does not matter. */
  groups(): readonly ReplicaGroup[];
  /** Called after replicas came or went, before the action goes on. */
  onReplicasChanged?: () => Promise<void> | void;
  /** In bytes, by service. */
  memoryLimits?: ReadonlyMap<string, number>;
}

/** The bot's runtime over processes of this machine instead of containers: the same verbs, refusals and words. */
export function createProcessRuntime({
  project,
  groups,
  onReplicasChanged = () => {},
  memoryLimits = new Map(),
}: ProcessRuntimeOptions): Runtime {
  const find = (service: string) => groups().find((group) => group.service === service);
  const allowed = (service: string): ReplicaGroup | Failure => {
    const group = find(service);
    if (!group) return failure('target_missing', `The project ${project} has no service ${service}.`);
    if (group.protected)
      return failure('protected_target', `The service ${service} is protected: no action is ever taken on it.`);
    if (!group.optedIn)
      return failure('not_opted_in', `The service ${service} has not opted in with self-healing.enable=true.`);
    return group;
  };
  return {
    ping: async () => {},
    meter: createProcessMeter({ project, groups, memoryLimits }),
    observe: async () => observe(project, groups()),
    evidence: async (service, replica) => collectEvidence(find(service), replica),
    restart: ({ service, replica }, options) =>
      unlessAborted(options, async () => {
        const group = allowed(service);
        return 'code' in group ? group : restartGroup(group, replica, options);
      }),
    scale: ({ service }, change, options) =>
      unlessAborted(options, async () => {
        const { to } = change;
        if (!Number.isInteger(to) || to < 1)
          return failure('out_of_bounds', `A service is never scaled below one replica, so not to ${to}.`);
        const group = allowed(service);
        return 'code' in group ? group : scaleGroup(group, change, options, onReplicasChanged);
      }),
  };
}

function observe(project: string, groups: readonly ReplicaGroup[]): Observation {
  const services = groups.map((group): [string, ObservedService] => [
    group.service,
    {
      project,
      service: group.service,
      optedIn: group.optedIn,
      protected: group.protected,
      replicas: group.replicas.map((replica) => describe(group, replica)),
    },
  ]);
  return { project, observedAt: Date.now(), services: new Map(services) };
}

function describe({ service, optedIn }: ReplicaGroup, { id, name, number, addresses, process }: LocalReplica): Replica {
  const { state, health, createdAt, startedAt, finishedAt, exitCode, restarts } = process.status();
  return {
    id,
    name,
    service,
    number,
    state,
    health,
    createdAt,
    startedAt,
    ...(finishedAt !== undefined && { finishedAt }),
    ...(state !== 'running' && exitCode !== undefined && { exitCode }),
    // people have no way to stop one process: what stands still was stopped by a restart that failed, or ended
    ...(state === 'exited' && { stoppedBy: 'itself' as const }),
    restartCount: restarts,
    addresses: [...addresses],
    names: [name, id.slice(0, 12), id],
    optedIn,
  };
}

async function unlessAborted(options: ActionOptions, act: () => Promise<ActionResult>): Promise<ActionResult> {
  try {
    options.signal?.throwIfAborted();
    return await act();
  } catch (error) {
    if (!options.signal?.aborted) throw error;
    return failure('aborted', 'The action was given up half-way: the bot or the supervisor is stopping.', true);
  }
}
