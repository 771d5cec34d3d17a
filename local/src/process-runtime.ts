import { redactSecrets } from '@stack/alert-bot/src/runtime/redact-secrets.ts';
import type {
  ActionOptions,
  ActionResult,
  AffectedReplica,
  Evidence,
  Observation,
  Replica,
  ReplicaEvidence,
  Runtime,
} from '@stack/alert-bot/src/runtime/runtime.ts';
import type { LocalReplica, ReplicaGroup } from './replica-group.ts';

type Failure = Extract<ActionResult, { ok: false }>;

export interface ProcessRuntimeOptions {
  project: string;
  /** What runs now; the order does not matter. */
  groups(): readonly ReplicaGroup[];
  /** Called after replicas came or went, before the action goes on. */
  onReplicasChanged?: () => Promise<void> | void;
}

const evidenceLines = 40;

/** The bot's runtime over processes of this machine instead of containers: the same verbs, refusals and words. */
export function createProcessRuntime({
  project,
  groups,
  onReplicasChanged = () => {},
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
    observe: async () => observe(project, groups()),
    evidence: async (service, replica) => collectEvidence(find(service), replica),
    restart: ({ service, replica }, options) =>
      unlessAborted(options, async () => {
        const group = allowed(service);
        return 'code' in group ? group : restartReplicas(group, replica, options);
      }),
    scale: ({ service }, to, options) =>
      unlessAborted(options, async () => {
        if (!Number.isInteger(to) || to < 1)
          return failure('out_of_bounds', `A service is never scaled below one replica, so not to ${to}.`);
        const group = allowed(service);
        return 'code' in group ? group : scaleGroup(group, to, options, onReplicasChanged);
      }),
  };
}

function observe(project: string, groups: readonly ReplicaGroup[]): Observation {
  const services = groups.map((group) => [
    group.service,
    {
      optedIn: group.optedIn,
      protected: group.protected,
      replicas: group.replicas.map((replica) => describe(group, replica)),
    },
  ]);
  return { project, observedAt: Date.now(), services: Object.fromEntries(services) };
}

function describe({ service, optedIn }: ReplicaGroup, { id, name, number, addresses, process }: LocalReplica): Replica {
  const { state, health, startedAt, restarts } = process.status();
  return {
    id,
    name,
    service,
    number,
    state,
    health,
    startedAt,
    restartCount: restarts,
    addresses: [...addresses],
    optedIn,
  };
}

/** One at a time, lowest number first, each healthy before the next; the first that does not come back ends it. */
async function restartReplicas(
  group: ReplicaGroup,
  only: string | undefined,
  options: ActionOptions,
): Promise<ActionResult> {
  const chosen = group.replicas.filter(({ id }) => only === undefined || id === only);
  if (chosen.length === 0)
    return failure('target_missing', `The service ${group.service} has no replica ${only?.slice(0, 12)} any more.`);
  const done: AffectedReplica[] = [];
  for (const replica of chosen) {
    options.signal?.throwIfAborted();
    const previousStartedAt = replica.process.status().startedAt;
    options.onStep?.({ step: 'restarting', replica: replica.name });
    await replica.process.stop();
    const problem = await bringUp(replica, options);
    if (problem)
      return { ...problem, message: `${problem.message} Restarted before: ${done.length} of ${chosen.length}.` };
    done.push({ ...affected(replica), previousStartedAt });
  }
  return { ok: true, replicas: done };
}

/** Starts a replica and waits until it is healthy. */
async function bringUp(replica: LocalReplica, options: ActionOptions): Promise<Failure | undefined> {
  const { process, name } = replica;
  process.start();
  options.onStep?.({ step: 'started', replica: name });
  const verdict = await process.untilHealthy(options.healthTimeoutMs, options.signal);
  const { ending, probe } = process.status();
  if (verdict === 'exited') return failure('exited', `${name} was started, but it ended (${ending}).`, true);
  if (verdict !== 'healthy')
    return failure('never_healthy', `${name} was started, but it is not healthy${probe ? `: ${probe}` : ''}.`, true);
  options.onStep?.({ step: 'healthy', replica: name });
  return undefined;
}

async function scaleGroup(
  group: ReplicaGroup,
  to: number,
  options: ActionOptions,
  onChanged: () => Promise<void> | void,
): Promise<ActionResult> {
  if (group.notScalable !== undefined && to !== group.replicas.length)
    return failure('not_scalable', `${group.service} ${group.notScalable}, so there can only be one.`);
  while (group.replicas.length < to) {
    options.signal?.throwIfAborted();
    const problem = await addReplica(group, options, onChanged);
    if (problem) return problem;
  }
  while (group.replicas.length > to) {
    options.signal?.throwIfAborted();
    const [last] = group.replicas.slice(-1) as [LocalReplica];
    options.onStep?.({ step: 'removing', replica: last.name });
    await removeReplica(group, last, onChanged);
    options.onStep?.({ step: 'removed', replica: last.name });
  }
  return { ok: true, replicas: group.replicas.map(affected) };
}

async function addReplica(
  group: ReplicaGroup,
  options: ActionOptions,
  onChanged: () => Promise<void> | void,
): Promise<Failure | undefined> {
  const replica = await group.create(freeNumber(group));
  options.onStep?.({ step: 'created', replica: replica.name });
  group.replicas = [...group.replicas, replica].sort((a, b) => a.number - b.number);
  const problem = await bringUp(replica, options).catch(async (error) => {
    await removeReplica(group, replica, onChanged);
    throw error;
  });
  if (problem) await removeReplica(group, replica, onChanged);
  else await onChanged();
  return problem;
}

async function removeReplica(group: ReplicaGroup, replica: LocalReplica, onChanged: () => Promise<void> | void) {
  group.replicas = group.replicas.filter(({ id }) => id !== replica.id);
  await onChanged(); // first, so that Prometheus does not see a target that is down
  await replica.process.stop();
}

function freeNumber({ replicas }: ReplicaGroup): number {
  const taken = new Set(replicas.map(({ number }) => number));
  for (let number = 1; ; number += 1) if (!taken.has(number)) return number;
}

function collectEvidence(group: ReplicaGroup | undefined, only: string | undefined): Evidence {
  const chosen = (group?.replicas ?? []).filter(({ id }) => only === undefined || id === only);
  return { capturedAt: Date.now(), replicas: chosen.map(evidenceOf) };
}

function evidenceOf({ id, name, process }: LocalReplica): ReplicaEvidence {
  const { state, health, startedAt, restarts, exitCode, probe } = process.status();
  const env = Object.entries(process.spec.env).map(([key, value]) => `${key}=${value}`);
  const clean = (text: string) => redactSecrets(text, env).slice(0, 500);
  return {
    id,
    name,
    state,
    health,
    startedAt,
    restartCount: restarts,
    ...(state !== 'running' && exitCode !== undefined && { exitCode }),
    ...(probe !== undefined && { healthOutput: [clean(probe)] }),
    logLines: process.lastLines().slice(-evidenceLines).map(clean),
  };
}

const affected = ({ id, name, process }: LocalReplica): AffectedReplica => ({
  id,
  name,
  startedAt: process.status().startedAt,
});

async function unlessAborted(options: ActionOptions, act: () => Promise<ActionResult>): Promise<ActionResult> {
  try {
    options.signal?.throwIfAborted();
    return await act();
  } catch (error) {
    if (!options.signal?.aborted) throw error;
    return failure('aborted', 'The action was given up half-way: the bot or the supervisor is stopping.', true);
  }
}

const failure = (code: Failure['code'], message: string, retryable = false): Failure => ({
  ok: false,
  code,
  message,
  retryable,
});
