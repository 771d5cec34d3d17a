import type { EventOf } from './event.ts';
import type { Incident } from './incident.ts';

/** Every field is there from the start: copies of objects of one shape are several times cheaper, and a storm makes many. */
export function newIncident(event: EventOf<'received'>, at: number, startsAt?: number): Incident {
  const { incident: id, seq, alert } = event;
  return {
    id,
    seq, // none while it is judged on trial
    fingerprint: alert.fingerprint,
    labels: alert.labels,
    annotations: alert.annotations ?? {},
    startsAt: startsAt ?? Date.parse(alert.startsAt),
    receivedAt: at,
    updatedAt: at,
    status: alert.status,
    phase: 'waiting',
    reason: undefined,
    runbook: undefined,
    target: undefined,
    action: undefined,
    purpose: undefined,
    attempts: 0,
    attempt: undefined,
    outcome: undefined,
    until: undefined,
    approved: undefined,
    approvedAt: undefined,
    escalated: undefined,
    scaledTo: undefined,
    scaledFrom: undefined,
    undoFailures: undefined,
    resolvedAt: undefined,
    bytes: undefined,
  };
}
