import type { WatchedContainer } from '../watch.ts';
import { stopGraceMs } from './acting.ts';
import { isOptedIn, isReplica, type Labels, labelOf, labels, serviceOf } from './compose-labels.ts';
import { decideStoppedBy, type StopWitnesses } from './decide-stopped-by.ts';
import type { ContainerInspect, ContainerState, ContainerSummary } from './engine-types.ts';
import type { ProjectScope } from './project-scope.ts';

/** A container that was just heard of, or undefined when it is out of scope. */
export function describeWatched(
  { project }: Pick<ProjectScope, 'project'>,
  id: string,
  name: string,
  of: Labels,
): WatchedContainer | undefined {
  if (labelOf(of, labels.project) !== project || !isReplica(of)) return undefined;
  const service = serviceOf(of);
  const words = wordsOf(of);
  return {
    ...{ id, name, project, service, optedIn: isOptedIn(of), state: 'down', health: 'none', restartCount: 0 },
    ...(words && { words }),
  };
}

/** As the list shows it, and as its inspection does where there is one. */
export function toWatched(
  { scope, witnesses }: { scope: Pick<ProjectScope, 'project'>; witnesses: StopWitnesses },
  { Id, Names, State, Status = '', Health, Labels: of }: ContainerSummary,
  seen: ContainerInspect | undefined,
): WatchedContainer | undefined {
  const described = describeWatched(scope, Id, Names[0]?.slice(1) ?? Id.slice(0, 12), of);
  if (!described) return undefined;
  const isUp = seen ? seen.State.Running && !seen.State.Restarting : State === 'running' || State === 'paused';
  if (!isUp) {
    const stoppedBy = seen?.State.Status === 'exited' ? decideStoppedBy(seen, witnesses) : undefined;
    return { ...described, ...numbersOf(seen), ...(stoppedBy && { stoppedBy }) };
  }
  const health = seen ? seen.State.Health?.Status : (Health?.Status ?? /\(([^()]*)\)$/.exec(Status)?.[1]);
  return { ...described, state: 'up', health: readHealth(health), ...numbersOf(seen) };
}

function numbersOf(seen: ContainerInspect | undefined): Partial<WatchedContainer> {
  if (!seen) return {};
  const unhealthySince = findUnhealthySince(seen.State);
  return {
    restartCount: seen.RestartCount,
    stopGraceMs: stopGraceMs(seen),
    ...(unhealthySince !== undefined && { unhealthySince }),
  };
}

function readHealth(text: string | undefined): WatchedContainer['health'] {
  if (text === 'healthy' || text === 'unhealthy') return text;
  return text === 'starting' || text === 'health: starting' ? 'starting' : 'none';
}

/** The end of the oldest probe of the unbroken row of failures, as far as the engine remembers: five probes. */
function findUnhealthySince({ Health, StartedAt }: ContainerState): number | undefined {
  if (Health?.Status !== 'unhealthy') return undefined;
  const probes = Health.Log ?? [];
  const first = probes.slice(probes.findLastIndex(({ ExitCode }) => ExitCode === 0) + 1)[0];
  const since = Math.ceil(Math.max(Date.parse(first?.End ?? ''), Date.parse(StartedAt)));
  return Number.isNaN(since) ? undefined : since;
}

const ownLabels = 'self-healing.';

function wordsOf(of: Labels): Record<string, string> | undefined {
  const mine = Object.entries(of).filter(([name]) => name.startsWith(ownLabels));
  return mine.length === 0 ? undefined : Object.fromEntries(mine);
}
