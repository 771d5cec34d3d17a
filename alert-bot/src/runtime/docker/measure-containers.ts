import {
  type ContainerLook,
  type ContainerSample,
  type ContainerUsage,
  lives,
} from '../../containers/container-sample.ts';
import { readUsage, withoutAbsent } from '../../containers/read-usage.ts';
import type { Replica } from '../runtime.ts';
import { nameOf } from './clone-container.ts';
import type { DockerEngine } from './docker-engine.ts';
import { hasStatus } from './engine-error.ts';
import type { ContainerInspect, ContainerSummary } from './engine-types.ts';
import { mapLimited } from './map-limited.ts';
import { groupTargets, isHalfMade, listContainers, type ProjectScope } from './project-scope.ts';

/** Few: a repair asks the same engine meanwhile. */
const maxAtOnce = 4;
/** Limits can be changed on a running container, which shows in its inspection only. */
const inspectEveryMs = 30_000;

interface Known {
  seen: ContainerInspect;
  /** The state and the engine's words about it at that time. */
  status: string;
  at: number;
}

/**
 * Looks at every container of the scope: one list, one reading for each that lives, and an inspection of those that changed.
 * One that cannot be measured is told as missed and costs the others nothing.
 */
export function createContainerMeter(
  engine: DockerEngine,
  { now, oomKillsOf }: { now: () => number; oomKillsOf: (id: string) => number },
): (scope: ProjectScope, signal: AbortSignal) => Promise<ContainerLook> {
  const known = new Map<string, Known>();

  const inspect = async (container: ContainerSummary): Promise<ContainerInspect> => {
    const status = `${container.State} ${container.Status ?? now()}`; // without words every look is a new one
    const old = known.get(container.Id);
    if (old && old.status === status && now() - old.at < inspectEveryMs) return old.seen;
    const seen = await engine.inspect(container.Id);
    known.set(container.Id, { seen, status, at: now() });
    return seen;
  };

  return async (scope, signal) => {
    const targets = groupTargets(await listContainers(engine, scope), scope);
    const listed = [...targets.values()].flatMap(({ listed: containers, project, service }) =>
      containers.filter((one) => !isHalfMade(one)).map((container) => ({ target: { project, service }, container })),
    );
    const present = new Set(listed.map(({ container }) => container.Id));
    for (const id of known.keys()) if (!present.has(id)) known.delete(id);
    const missed: string[] = [];
    const samples = await mapLimited(listed, maxAtOnce, async ({ target, container }) => {
      try {
        signal.throwIfAborted();
        const seen = await inspect(container);
        const sample = await measure(engine, seen, target);
        return sample.usage ? { ...sample, usage: { ...sample.usage, oomKills: oomKillsOf(sample.id) } } : sample;
      } catch (error) {
        if (!hasStatus(error, 404)) missed.push(container.Id);
        return undefined;
      }
    });
    return { samples: samples.filter((sample) => sample !== undefined), missed };
  };
}

async function measure(
  engine: DockerEngine,
  seen: ContainerInspect,
  target: { project: string; service: string },
): Promise<ContainerSample> {
  const state = seen.State.Status as Replica['state'];
  const sample = { id: seen.Id, ...target, replica: nameOf(seen), state, health: healthOf(seen) };
  if (!lives(state)) return sample;
  return { ...sample, usage: { ...readUsage(await engine.stats(seen.Id)), ...factsOf(seen) } };
}

const healthOf = ({ State }: ContainerInspect): Replica['health'] =>
  (State.Health?.Status || 'none') as Replica['health'];

/** What the inspection knows and the statistics do not. Without a limit these say the host's memory. */
function factsOf({ State, HostConfig, RestartCount }: ContainerInspect): ContainerUsage {
  const startedAt = Date.parse(State.StartedAt);
  return withoutAbsent({
    memoryLimitBytes: positive(HostConfig.Memory),
    cpuLimitCores: cpuLimitOf(HostConfig),
    restarts: RestartCount,
    startedAtSeconds: startedAt > 0 ? startedAt / 1_000 : undefined,
  });
}

const defaultCpuPeriod = 100_000;

function cpuLimitOf({ NanoCpus, CpuQuota, CpuPeriod }: ContainerInspect['HostConfig']): number | undefined {
  const nano = positive(NanoCpus);
  if (nano !== undefined) return nano / 1e9;
  const quota = positive(CpuQuota);
  return quota === undefined ? undefined : quota / (positive(CpuPeriod) ?? defaultCpuPeriod);
}

const positive = (value: number | undefined): number | undefined =>
  typeof value === 'number' && value > 0 ? value : undefined;
