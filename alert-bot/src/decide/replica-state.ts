import type { Alert } from '../alerts/alert.ts';
import type { Incident, Target, TargetAction } from '../incidents/incident.ts';
import type { Replica } from '../runtime/runtime.ts';

export const isRestarting = ({ state, health }: Replica): boolean =>
  state === 'restarting' || (state === 'running' && health === 'starting');

export const isUsable = ({ state, health }: Replica): boolean =>
  state === 'running' && (health === 'healthy' || health === 'none');

/**
 * The first replica that a person stopped or paused, in words; undefined when there is none. A stop that the bot's own action
 * made, and did not get to follow with the start, is not a person's.
 */
export function heldReplica(replicas: readonly Replica[], { restarts }: Target): string | undefined {
  for (const replica of replicas) {
    if (replica.state === 'paused') return `${replica.name} is paused`;
    if (
      replica.state === 'exited' &&
      replica.stoppedBy === 'person' &&
      !restarts.some((restart) => stoppedIn(restart, replica))
    )
      return `${replica.name} was stopped by a person`;
  }
  return undefined;
}

/** Between the engine's clock and ours. */
const clockSlackMs = 2_000;

/** Only restarts that did not end well are known here: what the others stopped runs, or was stopped by somebody else since. */
function stoppedIn({ replicas, from, to }: TargetAction, { id, finishedAt }: Replica): boolean {
  if (finishedAt === undefined || !replicas.includes(id)) return false;
  const stoppedAt = Date.parse(finishedAt);
  return stoppedAt >= from - clockSlackMs && stoppedAt <= (to ?? Number.POSITIVE_INFINITY);
}

/** The incident's own attempt restarted this very container: that it is younger than the alert says nothing. */
export const wasRepairedBy = ({ id }: Replica, incident: Incident | undefined): boolean =>
  incident?.attempt?.before.some((before) => before.id === id) ?? false;

/**
 * When the last of the replicas was started, in milliseconds since the epoch, if all of them were started after the alert
 * began and not by the incident's own attempt; else undefined.
 */
export function startedSince(
  replicas: readonly Replica[],
  alert: Alert,
  incident: Incident | undefined,
  now: number,
): number | undefined {
  if (replicas.length === 0) return undefined;
  const isForeign = (replica: Replica) => isYounger(replica, alert, now) && !wasRepairedBy(replica, incident);
  if (!replicas.every((replica) => replica.state === 'running' && isForeign(replica))) return undefined;
  return Math.max(...replicas.map(({ startedAt }) => Date.parse(startedAt)));
}

/** Whether it was started after the alert began. A start in the future means that the clock was set back: it tells nothing. */
export function isYounger({ startedAt }: Replica, { startsAt, startsAtMissing }: Alert, now: number): boolean {
  const started = Date.parse(startedAt);
  return !startsAtMissing && started > startsAt && started <= now;
}
