import type { EventOf } from '../incidents/event.ts';
import type { Attempt } from '../incidents/incident.ts';
import type { Observation, Replica } from '../runtime/runtime.ts';

export type TargetCheck = EventOf<'verified'>['target'];
export type ActionTrace = 'happened' | 'partly' | 'not_happened';

/** Whether the target is as the action should have left it: started anew (or the wanted number) and healthy. */
export function checkTarget(
  { action, before }: Pick<Attempt, 'action' | 'before'>,
  observed: Observation | undefined,
): TargetCheck {
  if (!observed) return 'unknown';
  const replicas = observed.services.get(action.target)?.replicas ?? [];
  if (action.type === 'scale') {
    if (!isReached(action, replicas.length)) return 'wrong_count';
    return replicas.every(isHealthy) ? 'ok' : 'not_healthy';
  }
  const mine = action.replica === undefined ? replicas : replicas.filter(({ id }) => id === action.replica);
  if (mine.length === 0) return replicas.length > 0 && replicas.every(isHealthy) ? 'ok' : 'not_healthy'; // recreated
  if (mine.some((replica) => !isNew(replica, before))) return 'not_restarted';
  return mine.every(isHealthy) ? 'ok' : 'not_healthy';
}

/** A person who meanwhile went further in the same direction has done what the action wanted. */
const isReached = ({ from, to }: Extract<Attempt['action'], { type: 'scale' }>, count: number): boolean =>
  to > from ? count >= to : count <= to;

/**
 * Whether an action whose answer was lost had happened: the start times tell. A container that is no longer there was
 * replaced by somebody, which is a restart too; one that was stopped since the action began may be half restarted.
 */
export function traceAction(
  { action, before, actingAt }: Pick<Attempt, 'action' | 'before' | 'actingAt'>,
  observed: Observation,
): ActionTrace {
  const replicas = observed.services.get(action.target)?.replicas ?? [];
  if (action.type === 'scale') {
    if (isReached(action, replicas.length)) return 'happened';
    return replicas.length === action.from ? 'not_happened' : 'partly';
  }
  const left = remainingReplicas({ action, before }, observed).length;
  if (left === 0) return 'happened';
  const ids = new Set(before.map(({ id }) => id));
  const isStopped = ({ id, state, finishedAt = '' }: Replica) =>
    ids.has(id) && state === 'exited' && Date.parse(finishedAt) >= actingAt;
  return left < before.length || replicas.some(isStopped) ? 'partly' : 'not_happened';
}

/** The replicas that still have the start time from before the action. */
export function remainingReplicas({ before }: Pick<Attempt, 'action' | 'before'>, observed: Observation): string[] {
  const now = new Map(
    [...observed.services.values()].flatMap(({ replicas }) => replicas.map((r) => [r.id, r.startedAt] as const)),
  );
  return before.filter(({ id, startedAt }) => now.get(id) === startedAt).map(({ id }) => id);
}

const isHealthy = ({ state, health }: Replica) => state === 'running' && (health === 'healthy' || health === 'none');

const isNew = ({ id, startedAt }: Replica, before: Attempt['before']) =>
  before.find((replica) => replica.id === id)?.startedAt !== startedAt;
