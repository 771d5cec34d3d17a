import type { Incident } from '../incidents/incident.ts';
import { nameTarget } from '../targets/target-name.ts';
import type { AttemptTimes, IncidentSummary } from './healer.ts';

/** An incident as people and the HTTP surface see it. */
export function toSummary(incident: Incident, home: string | undefined): IncidentSummary {
  const name = namesOf(incident, home);
  return {
    id: incident.id,
    fingerprint: incident.fingerprint,
    alertname: incident.labels['alertname'] ?? '',
    labels: incident.labels,
    status: incident.status,
    phase: incident.phase,
    reason: incident.reason ?? 'matched',
    target: name?.target ?? null,
    project: name?.project ?? null,
    service: name?.service ?? null,
    runbook: incident.runbook ?? null,
    action: incident.action ?? null,
    attempts: incident.attempts,
    outcome: incident.outcome ?? null,
    escalated: incident.escalated ?? false,
    startsAt: rfc3339(incident.startsAt),
    receivedAt: rfc3339(incident.receivedAt),
    updatedAt: rfc3339(incident.updatedAt),
    until: timeOrNull(incident.until),
    resolvedAt: timeOrNull(incident.resolvedAt),
    attempt: attemptTimes(incident),
    title: incident.annotations['summary']?.slice(0, 300) ?? null,
  };
}

/** The action knows its project; a line of version 1 has none, and means the home project. */
function namesOf({ target, action }: Incident, home: string | undefined) {
  if (target === undefined) return undefined;
  return action?.target === target && action.project !== undefined ? action : nameTarget(target, home);
}

/** Of the repair; where it is over and scaled back, of what was repaired before. */
function attemptTimes({ attempt, repair }: Incident): AttemptTimes | null {
  const isRepair = attempt?.purpose === 'repair';
  const times = isRepair ? attempt : (repair ?? attempt);
  if (!times) return null;
  const judged = repair && (!isRepair || repair.actingAt === attempt.actingAt) ? repair : undefined;
  return {
    number: times.number,
    startedAt: rfc3339(times.actingAt),
    actedAt: timeOrNull(times.actedAt),
    verifiedAt: timeOrNull(judged?.verifiedAt),
  };
}

const timeOrNull = (time: number | undefined): string | null => (time === undefined ? null : rfc3339(time));

let last = { time: 0, text: new Date(0).toISOString() };

/** The times of a storm are mostly the same one. */
export function rfc3339(time: number): string {
  if (last.time !== time) last = { time, text: new Date(time).toISOString() };
  return last.text;
}
