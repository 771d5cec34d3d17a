import { reasons } from '../decide/reason.ts';
import type { PlannedAction, ReplicaTime } from './event.ts';
import type { BotState } from './history.ts';
import {
  type Attempt,
  type Healed,
  type Incident,
  incidentPhases,
  type RepairTimes,
  type Target,
  type TargetAction,
} from './incident.ts';
import { channelNames, type OutboxEntry } from './outbox.ts';
import { outcomes } from './outcome.ts';
import {
  count,
  type FieldReaders,
  finite,
  flag,
  listOf,
  oneOf,
  type Reader,
  readFields,
  recordOf,
  text,
  texts,
} from './read-fields.ts';

// What a rotated file begins with was written by a bot, perhaps of another version, and may have been damaged since. A field
// that is not what it should be gets its default; a line without the fields that have none is unreadable.

const replicaTime: Reader<ReplicaTime> = (value) => {
  const { id, name, startedAt } = recordOf(value);
  if (typeof id !== 'string' || typeof name !== 'string' || typeof startedAt !== 'string') return undefined;
  return { id, name, startedAt };
};

const action: Reader<PlannedAction> = (value) => {
  const { type, service, target = service, project, replica, from, to } = recordOf(value);
  if (typeof service !== 'string' || typeof target !== 'string') return undefined;
  const name = { target, ...(typeof project === 'string' ? { project } : {}), service };
  if (type === 'restart') return { type, ...name, ...(typeof replica === 'string' ? { replica } : {}) };
  if (type !== 'scale' || count(from) === undefined || count(to) === undefined) return undefined;
  return { type, ...name, from: from as number, to: to as number };
};

const purpose = oneOf(['repair', 'on_resolved'] as const);
const times = listOf(finite);
const replicas = listOf(replicaTime);

const attemptReaders: FieldReaders<Attempt> = {
  number: count,
  purpose,
  runbook: text,
  action,
  before: replicas,
  actingAt: finite,
  actedAt: finite,
  ok: flag,
  after: replicas,
  code: text,
  takenUp: count,
};

const attempt: Reader<Attempt> = (value) => {
  const { number, purpose, runbook, action, before, actingAt, ...rest } = readFields(attemptReaders, value);
  if (number === undefined || !purpose || !action || actingAt === undefined) return undefined;
  return { number, purpose, runbook: runbook ?? '', action, before: before ?? [], actingAt, ...withoutUndefined(rest) };
};

const repairTimesReaders: FieldReaders<RepairTimes> = {
  number: count,
  actingAt: finite,
  actedAt: finite,
  verifiedAt: finite,
};

const repairTimes: Reader<RepairTimes> = (value) => {
  const { number, actingAt, actedAt, verifiedAt } = readFields(repairTimesReaders, value);
  if (number === undefined || actingAt === undefined || actedAt === undefined || verifiedAt === undefined)
    return undefined;
  return { number, actingAt, actedAt, verifiedAt };
};

const incidentReaders: FieldReaders<Incident> = {
  id: text,
  seq: count,
  fingerprint: text,
  labels: texts,
  annotations: texts,
  startsAt: finite,
  receivedAt: finite,
  updatedAt: finite,
  status: oneOf(['firing', 'resolved']),
  phase: oneOf(incidentPhases),
  reason: oneOf(reasons),
  runbook: text,
  target: text,
  action,
  purpose,
  attempts: count,
  attempt,
  outcome: oneOf(outcomes),
  repair: repairTimes,
  until: finite,
  approved: flag,
  approvedAt: finite,
  escalated: flag,
  scaledTo: count,
  scaledFrom: count,
  undoFailures: count,
  resolvedAt: finite,
  bytes: () => undefined, // measured again
};

/** Version 1 called the target by its service, which was one of the home project. */
function withTarget(state: unknown): unknown {
  const { target, service } = recordOf(state);
  return target === undefined && service !== undefined ? { ...recordOf(state), target: service } : state;
}

/** `at` is when the line was written. @throws Error when it is not known which incident it is */
export function readIncident(state: unknown, at: number): Incident {
  const fields = readFields(incidentReaders, withTarget(state));
  const { id, fingerprint, labels } = fields;
  if (id === undefined || fingerprint === undefined || labels === undefined) throw new Error('not an incident');
  const { annotations = {}, startsAt = at, receivedAt = at, updatedAt = at, attempts = 0 } = fields;
  const { status = 'firing', phase = 'waiting' } = fields;
  return { ...fields, id, fingerprint, labels, annotations, startsAt, receivedAt, updatedAt, status, phase, attempts };
}

const healedReaders: FieldReaders<Healed> = {
  incident: text,
  attempt: count,
  at: finite,
  replica: text,
  attemptsSinceHealthy: count,
  failuresInRow: count,
};

const lastHealed: Reader<Healed> = (value) => {
  const {
    incident,
    attempt: number,
    at,
    attemptsSinceHealthy = 0,
    failuresInRow = 0,
    replica,
  } = readFields(healedReaders, value);
  if (incident === undefined || number === undefined || at === undefined) return undefined;
  return { incident, attempt: number, at, attemptsSinceHealthy, failuresInRow, ...withoutUndefined({ replica }) };
};

const restartReaders: FieldReaders<TargetAction> = { replicas: listOf(text), from: finite, to: finite };

const restart: Reader<TargetAction> = (value) => {
  const { replicas = [], from, ...rest } = readFields(restartReaders, value);
  return from === undefined ? undefined : { replicas, from, ...withoutUndefined(rest) };
};

const targetReaders: FieldReaders<Target> = {
  target: text,
  attemptTimes: times,
  attemptsSinceHealthy: count,
  failuresInRow: count,
  lastOutcome: oneOf(outcomes),
  lastEndedAt: finite,
  quarantinedAt: finite,
  active: text,
  restarts: listOf(restart),
  lastHealed,
};

/** A quarantine whose time cannot be read began at `at`: only a person ends it. @throws Error */
export function readTarget(state: unknown, at: number): Target {
  const fields = readFields(targetReaders, withTarget(state));
  const { target, attemptTimes = [], restarts = [] } = fields;
  if (target === undefined) throw new Error('not a target');
  const { attemptsSinceHealthy = attemptTimes.length, failuresInRow = 0 } = fields;
  const wasQuarantined = (recordOf(state)['quarantinedAt'] ?? undefined) !== undefined;
  const quarantinedAt = wasQuarantined ? (fields.quarantinedAt ?? at) : undefined;
  return { ...fields, target, attemptTimes, attemptsSinceHealthy, failuresInRow, quarantinedAt, restarts };
}

const outboxReaders: FieldReaders<OutboxEntry> = {
  seq: count,
  at: finite,
  incident: text,
  kind: oneOf(['escalated', 'approval_needed']),
  channels: listOf(oneOf(channelNames)),
  target: text,
  why: text as Reader<NonNullable<OutboxEntry['why']>>,
  reason: oneOf(reasons),
  text,
  action,
  runbook: text,
};

/** What a person must hear is worth saying with half of its words. @throws Error */
export function readOutboxEntry(state: unknown, at: number): OutboxEntry {
  const fields = readFields(outboxReaders, withTarget(state));
  const { seq, incident, kind = 'escalated', channels = [] } = fields;
  if (seq === undefined || incident === undefined || channels.length === 0) throw new Error('not a message');
  return { ...fields, seq, incident, kind, channels, at: fields.at ?? at };
}

const botReaders: FieldReaders<BotState> = {
  actionTimes: times,
  queued: count,
  pausedUntil: finite,
  pausedAt: finite,
  pauseReason: text,
  pausedBy: text,
};

export function readBot(state: unknown): BotState {
  const { actionTimes = [], queued: _counted, ...pause } = readFields(botReaders, state);
  return { actionTimes: [...actionTimes], queued: 0, ...withoutUndefined(pause) };
}

/** For fields that are absent rather than undefined. */
function withoutUndefined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
