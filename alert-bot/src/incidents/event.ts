import * as z from 'zod';
import { reasons } from '../decide/reason.ts';
import { channelNames } from './outbox.ts';
import { verdicts } from './outcome.ts';

const time = z.string().meta({ description: 'RFC 3339, UTC, milliseconds or finer', format: 'date-time' });
const labels = z.record(z.string(), z.string());
const by = z.string().max(200).meta({ description: 'who asked, as far as it is known' });
const note = z.string().max(1_000);
const channel = z.enum(channelNames);
const tell = z
  .array(channel)
  .optional()
  .meta({ description: 'where a person must hear of this; each channel gets a `notified` later' });

/** Of whom a line is. Lines of version 1 have `service` only, and mean the home project. */
const named = {
  target: z.string().meta({ description: 'the key of cooldown, attempts and quarantine: service or project/service' }),
  project: z
    .string()
    .optional()
    .meta({ description: 'absent where the home project was not known; - outside of compose' }),
  service: z.string(),
};

const action = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('restart'),
    ...named,
    replica: z.string().optional().meta({ description: 'container id; absent: every replica of the target' }),
  }),
  z.object({ type: z.literal('scale'), ...named, from: z.int(), to: z.int() }),
]);

const replicaTime = z.object({ id: z.string(), name: z.string(), startedAt: z.string() });

/** What every line has. `incident` is null on lines about the bot or a target as a whole. */
const head = { v: z.literal(2), seq: z.int().min(0), at: time };
const ofIncident = { ...head, incident: z.string() };
const ofBot = { ...head, incident: z.null() };
/** Why an action is taken: against what an alert says, or to undo an action once the alert is over. */
export const purposes = ['repair', 'on_resolved'] as const;
const repair = z.enum(purposes);

const received = z.object({
  ...ofIncident,
  type: z.literal('received'),
  alert: z.object({
    status: z.enum(['firing', 'resolved']),
    labels,
    annotations: labels.optional(),
    startsAt: time,
    fingerprint: z.string(),
    generatorURL: z.string().optional(),
  }),
  receiver: z.string().optional(),
});

const decided = z.object({
  ...ofIncident,
  type: z.literal('decided'),
  decision: z.enum(['act', 'skip']),
  reason: z.enum(reasons),
  trigger: z.enum(['delivery', 'timer', 'approval', 'resolved', 'before_acting', 'recovery']),
  runbook: z.string().optional(),
  purpose: repair.optional(),
  action: action.optional(),
  until: time.optional().meta({ description: 'when the bot looks at the incident again by itself' }),
  detail: z.string().optional(),
  tell,
  withdrawn: z
    .boolean()
    .optional()
    .meta({ description: 'the attempt on record had touched nothing yet: it does not count' }),
});

const evidence = z.object({
  ...ofIncident,
  type: z.literal('evidence'),
  attempt: z.int(),
  evidence: z.unknown().meta({ description: 'state, health output and last log lines before the action' }),
});

const acting = z.object({
  ...ofIncident,
  type: z.literal('acting'),
  attempt: z.int().meta({ description: 'counts within the incident; the same number again is the same attempt' }),
  purpose: repair,
  runbook: z.string(),
  action,
  before: z.array(replicaTime),
});

const recovered = z.object({
  ...ofIncident,
  type: z.literal('recovered'),
  attempt: z.int(),
  found: z.enum(['happened', 'partly', 'not_happened', 'acted']),
});

const acted = z.object({
  ...ofIncident,
  type: z.literal('acted'),
  attempt: z.int(),
  ok: z.boolean(),
  after: z.array(replicaTime),
  notes: z
    .array(z.string())
    .optional()
    .meta({ description: 'what the action took with it, or had to leave: containers in the same network, dependents' }),
  code: z.string().optional(),
  message: z.string().optional(),
  retryable: z.boolean().optional(),
});

const verified = z.object({
  ...ofIncident,
  type: z.literal('verified'),
  attempt: z.int(),
  purpose: repair,
  outcome: z.enum(verdicts),
  target: z.enum(['ok', 'not_healthy', 'not_restarted', 'wrong_count', 'unknown', 'not_checked']),
  alert: z.enum(['gone', 'firing', 'unknown', 'not_checked']),
  seconds: z.number().meta({ description: 'from acted to verified' }),
  detail: z.string().optional().meta({ description: 'what the answer about the alert rests on, or what was missing' }),
});

const relapsed = z.object({
  ...ofIncident,
  type: z.literal('relapsed'),
  attempt: z.int().meta({ description: 'the attempt that had counted as healed' }),
  ...named,
  by: z.string().meta({ description: 'the incident in which the same alert came back' }),
});

const quarantined = z.object({
  ...ofIncident,
  type: z.literal('quarantined'),
  ...named,
  attempts: z.int(),
  why: z.enum(['attempts_in_window', 'attempts_since_healthy']),
});

const escalated = z.object({
  ...ofIncident,
  type: z.literal('escalated'),
  target: named.target.optional().meta({ description: 'absent when the alert does not say what it is about' }),
  project: named.project,
  service: z.string().optional(),
  why: z.enum(['quarantined', 'stuck', 'for_a_person']),
  reason: z.enum(reasons).optional(),
  message: z.string(),
  partOf: z
    .string()
    .optional()
    .meta({ description: 'the incident whose call says this for many: nobody is told of this one' }),
  tell,
});

/** The end of a message that a person must hear. */
const notified = z.object({
  ...ofIncident,
  type: z.literal('notified'),
  of: z.int().meta({ description: '`seq` of the line that the message was about' }),
  channel,
  result: z.enum(['delivered', 'expired']),
  detail: z.string().optional(),
});

const resolved = z.object({
  ...ofIncident,
  type: z.literal('resolved'),
  by: z.enum(['alertmanager', 'alert_source', 'expired']),
});

const approved = z.object({ ...ofIncident, type: z.literal('approved'), by, note: note.optional() });
const rejected = z.object({
  ...ofIncident,
  type: z.literal('rejected'),
  by,
  note: note.optional(),
  expired: z.boolean().optional(),
});

const paused = z.object({ ...ofBot, type: z.literal('paused'), until: time, reason: note.optional(), by });
const resumed = z.object({ ...ofBot, type: z.literal('resumed'), by, note: note.optional() });
const released = z.object({ ...ofBot, type: z.literal('released'), ...named, by, note: note.optional() });
const started = z.object({
  ...ofBot,
  type: z.literal('started'),
  version: z.string(),
  unfinished: z.int().meta({ description: 'incidents that were in the middle of a repair' }),
});

/** The first lines of a rotated file: the memory of the files before it, so that old files can be deleted. */
const rotated = z.object({ ...ofBot, type: z.literal('rotated'), previous: z.string(), carried: z.int() });
const carried = z.object({
  ...head,
  incident: z.string().nullable(),
  type: z.literal('carried'),
  kind: z.enum(['incident', 'target', 'bot', 'outbox', 'repairs']),
  state: z.record(z.string(), z.unknown()),
});

export const incidentEvent = z
  .discriminatedUnion('type', [
    received,
    decided,
    evidence,
    acting,
    recovered,
    acted,
    verified,
    relapsed,
    quarantined,
    escalated,
    notified,
    resolved,
    approved,
    rejected,
    paused,
    resumed,
    released,
    started,
    rotated,
    carried,
  ])
  .meta({
    title: 'One line of the incident log',
    description: 'Newer versions add types and fields; ignore unknown ones.',
  });

export type IncidentEvent = z.infer<typeof incidentEvent>;
export type IncidentEventType = IncidentEvent['type'];
export type EventOf<T extends IncidentEventType> = Extract<IncidentEvent, { type: T }>;
export type PlannedAction = z.infer<typeof action>;
export type Purpose = z.infer<typeof repair>;
export type ReplicaTime = z.infer<typeof replicaTime>;

type WithoutHead<E> = E extends IncidentEvent ? Omit<E, 'v' | 'seq'> : never;
/** An event as its author writes it; the log adds the version and the sequence number. */
export type NewEvent = WithoutHead<IncidentEvent>;
