import type { WatchedContainer } from '../watch.ts';
import { stopGraceMs } from './acting.ts';
import type { Labels } from './compose-labels.ts';
import { nameOfSummary, targetOfContainer } from './container-target.ts';
import { decideStoppedBy, type StopWitnesses } from './decide-stopped-by.ts';
import type { ContainerInspect, ContainerState, ContainerSummary } from './engine-types.ts';
import { isOptedIn } from './opt-in.ts';
import { isInScope, isNamed, type ProjectScope } from './project-scope.ts';

/** A container that was just heard of, or undefined when it is out of scope. */
export function describeWatched(
  scope: ProjectScope,
  id: string,
  name: string,
  of: Labels,
): WatchedContainer | undefined {
  const target = targetOfContainer(of, name, scope.home);
  if (!target) return undefined;
  const { project, service } = target;
  const optedIn = isOptedIn(of, service, scope);
  if (!isInScope(scope, project) || !(optedIn || isNamed(scope, project))) return undefined;
  const words = wordsOf(of);
  return {
    ...{ id, name, project, service, optedIn, state: 'down', health: 'none', restartCount: 0 },
    ...(words && { words }),
  };
}

/** As the list shows it, and as its inspection does where there is one. */
export function toWatched(
  { scope, witnesses }: { scope: ProjectScope; witnesses: StopWitnesses },
  listed: ContainerSummary,
  seen: ContainerInspect | undefined,
): WatchedContainer | undefined {
  const { Id, State, Status = '', Health, Labels: of } = listed;
  const described = describeWatched(scope, Id, nameOfSummary(listed) || Id.slice(0, 12), of);
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
