import type { Alert } from '../alerts/alert.ts';
import type { Reason } from '../decide/reason.ts';
import type { PlannedAction, Purpose, ReplicaTime } from './event.ts';
import type { Outcome } from './outcome.ts';

/**
 * `waiting`: fires, and the bot looks again at `until`. `queued`, `acting`, `verifying`: the target is this incident's
 * alone. `closed`: over, or nothing the bot may do about it.
 */
export const incidentPhases = ['waiting', 'awaiting_approval', 'queued', 'acting', 'verifying', 'closed'] as const;
export type IncidentPhase = (typeof incidentPhases)[number];

export interface Attempt {
  number: number;
  purpose: Purpose;
  runbook: string;
  action: PlannedAction;
  before: readonly ReplicaTime[];
  actingAt: number;
  /** Absent while the action runs; after a crash its absence means that nobody knows. */
  actedAt?: number;
  ok?: boolean;
  after?: readonly ReplicaTime[];
  code?: string;
  /** How often it was taken up again after a crash of the bot. */
  takenUp?: number;
}

/** When the parts of a repair ended that was judged. */
export interface RepairTimes {
  number: number;
  actingAt: number;
  actedAt: number;
  verifiedAt: number;
}

/** One firing episode of one alert, as folded from its events. Times in milliseconds since the epoch. Never mutated. */
export interface Incident {
  id: string;
  /** Of the line that began it, for its timeline. */
  seq?: number | undefined;
  fingerprint: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  startsAt: number;
  receivedAt: number;
  updatedAt: number;
  status: 'firing' | 'resolved';
  phase: IncidentPhase;
  reason?: Reason | undefined;
  /** Of the runbook that matched. */
  runbook?: string | undefined;
  /** The text of the target that it is about. */
  target?: string | undefined;
  action?: PlannedAction | undefined;
  purpose?: Purpose | undefined;
  attempts: number;
  attempt?: Attempt | undefined;
  outcome?: Outcome | undefined;
  /** Of the last repair, also when the scaling back has become the attempt. */
  repair?: RepairTimes | undefined;
  until?: number | undefined;
  approved?: boolean | undefined;
  approvedAt?: number | undefined;
  escalated?: boolean | undefined;
  /** Replicas that the bot's scaling left, to be undone when the alert is over. */
  scaledTo?: number | undefined;
  /** How many there were before it: what is undone goes no further back. */
  scaledFrom?: number | undefined;
  /** Tries to undo the scaling that failed. */
  undoFailures?: number | undefined;
  resolvedAt?: number | undefined;
  /** About what it takes in memory; the history notes it. */
  bytes?: number | undefined;
}

let last = { fingerprint: '', startsAt: 0, id: '-0' };

/** Key of an incident: one episode is one fingerprint and one `startsAt`. It is asked for several times for each alert. */
export function incidentId({ fingerprint, startsAt }: Pick<Alert, 'fingerprint' | 'startsAt'>): string {
  if (last.fingerprint !== fingerprint || last.startsAt !== startsAt)
    last = { fingerprint, startsAt, id: `${fingerprint}-${startsAt.toString(36)}` };
  return last.id;
}

/** What the bot remembers of a target. Never mutated. */
export interface Target {
  /** Its text. */
  target: string;
  /** When the last attempts began, oldest first; bounded. */
  attemptTimes: readonly number[];
  /** Attempts since the service was last verified healthy, however long ago they were. */
  attemptsSinceHealthy: number;
  /** Attempts without success, one after the other. */
  failuresInRow: number;
  lastOutcome?: Outcome | undefined;
  lastEndedAt?: number | undefined;
  quarantinedAt?: number | undefined;
  /** The incident that has the target for itself. Counts only while that incident is in flight. */
  active?: string | undefined;
  /** Restarts since the last one that ended well, oldest first: whether a container that is stopped was stopped by one of them. */
  restarts: readonly TargetAction[];
  /** The last success, so that the same alert coming back soon can be called a relapse. */
  lastHealed?: Healed | undefined;
}

/** One restart. Times in milliseconds since the epoch. */
export interface TargetAction {
  /** Ids of the containers that it was to touch. */
  replicas: readonly string[];
  from: number;
  /** Absent while it is under way, and after a crash. */
  to?: number;
}

/** A success, with what it had ended: should it prove short-lived, these counts are what they were before. */
export interface Healed {
  incident: string;
  attempt: number;
  at: number;
  /** The one replica that was restarted; absent when it was all of them. */
  replica?: string;
  attemptsSinceHealthy: number;
  failuresInRow: number;
}

export const inFlight = ({ phase }: Incident) => phase === 'queued' || phase === 'acting' || phase === 'verifying';
