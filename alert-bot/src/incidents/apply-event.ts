import { isTerminal } from '../decide/reason.ts';
import {
  applyActed,
  applyActing,
  applyVerified,
  countAttempt,
  countRelapse,
  freeTarget,
  withdrawAttempt,
} from './apply-attempt.ts';
import { applyBotEvent, applyCarried } from './apply-bot-event.ts';
import { applyToOutbox } from './apply-outbox.ts';
import type { EventOf, IncidentEvent, NewEvent } from './event.ts';
import type { HistoryStore } from './history.ts';
import { type Incident, inFlight } from './incident.ts';
import { newIncident } from './new-incident.ts';
import { timeOf } from './time-of.ts';

/**
 * Folds one event into the history: the only way in which the bot's memory changes, while it runs and when it comes back.
 * Events about incidents that are not known (their beginning was deleted) and of types that are not known change nothing.
 */
export function applyEvent(history: HistoryStore, event: IncidentEvent | NewEvent): void {
  apply(history, event, { at: timeOf(event.at) });
}

/**
 * The same while a log is read back: what the caller knows already is not parsed, and incidents are changed in place, as
 * nobody else has them yet. Only for events that cannot fail half-way: `received`, `decided`, `resolved`.
 */
export function applyInPlace(history: HistoryStore, event: IncidentEvent, at: number, startsAt: number): void {
  apply(history, event, { at, startsAt });
}

interface Times {
  at: number;
  /** Given while a log is read back. */
  startsAt?: number;
}

function apply(history: HistoryStore, event: IncidentEvent | NewEvent, { at, startsAt }: Times): void {
  if (event.type === 'carried') {
    applyCarried(history, event as EventOf<'carried'>, at);
    return;
  }
  if (event.incident === null) {
    applyBotEvent(history, event, at);
    return;
  }
  if (event.type === 'received') {
    applyReceived(history, event as EventOf<'received'>, at, startsAt);
    return;
  }
  applyToOutbox(history, event, at);
  if (event.type === 'notified') return; // says nothing new about the incident
  // These count although the line is lost that began the incident: a quarantine above all ends by a person's word only.
  if (event.type === 'quarantined') history.putTarget({ ...history.target(event.target), quarantinedAt: at });
  if (event.type === 'relapsed') countRelapse(history, event as EventOf<'relapsed'>);
  const incident = history.incident(event.incident);
  if (!incident) {
    if (event.type === 'acting') countAttempt(history, event as EventOf<'acting'>, at);
    return;
  }
  const draft = startsAt === undefined ? { ...incident } : incident;
  draft.updatedAt = at;
  applyIncidentEvent(history, draft, event, at);
}

function applyReceived(history: HistoryStore, event: EventOf<'received'>, at: number, startsAt?: number): void {
  const { alert } = event;
  const known = history.incident(event.incident);
  const incident = known ? (startsAt === undefined ? { ...known } : known) : newIncident(event, at, startsAt);
  incident.updatedAt = at;
  incident.status = alert.status;
  if (alert.status === 'resolved') {
    incident.phase = 'closed';
    incident.resolvedAt = at;
  }
  history.putIncident(incident);
}

function applyIncidentEvent(
  history: HistoryStore,
  incident: Incident,
  event: IncidentEvent | NewEvent,
  at: number,
): void {
  switch (event.type) {
    case 'decided':
      applyDecided(history, incident, event as EventOf<'decided'>);
      break;
    case 'acting':
      applyActing(history, incident, event as EventOf<'acting'>, at);
      break;
    case 'acted':
      applyActed(history, incident, event as EventOf<'acted'>, at);
      break;
    case 'verified':
      applyVerified(history, incident, event as EventOf<'verified'>, at);
      break;
    case 'relapsed':
      history.putIncident({ ...incident, outcome: 'relapsed' });
      break;
    case 'quarantined':
      history.putIncident(incident);
      break;
    case 'escalated':
      history.putIncident({ ...incident, escalated: true });
      break;
    case 'resolved':
      applyResolved(history, incident, at);
      break;
    case 'approved':
      history.putIncident({ ...incident, approved: true, approvedAt: at });
      break;
    case 'rejected':
      history.putIncident({ ...incident, until: undefined, reason: 'rejected', phase: 'closed' });
      break;
    default:
  }
}

function applyDecided(history: HistoryStore, incident: Incident, event: EventOf<'decided'>): void {
  const { decision, reason, action, runbook, purpose, until } = event;
  incident.reason = reason;
  if (reason === 'duplicate') {
    // Tells the sender something; it says nothing new about an incident that is in flight.
    history.putIncident(incident);
    return;
  }
  incident.until = until === undefined ? undefined : Date.parse(until);
  incident.runbook = runbook ?? incident.runbook;
  incident.purpose = purpose ?? incident.purpose;
  if (decision === 'act' && action) {
    history.putTarget({ ...history.target(action.target), active: incident.id });
    incident.phase = 'queued';
  } else {
    freeTarget(history, incident);
    if (event.withdrawn) withdrawAttempt(history, incident);
  }
  incident.action = action ?? incident.action;
  incident.target = incident.action?.target;
  if (decision === 'skip') incident.phase = phaseAfterSkip(incident);
  history.putIncident(incident);
}

function phaseAfterSkip({ reason, scaledTo, status }: Incident): Incident['phase'] {
  if (reason === 'awaiting_approval') return 'awaiting_approval';
  if (reason === 'resolved' && scaledTo !== undefined) return 'waiting'; // there is something to undo
  if (reason && isTerminal(reason)) return 'closed';
  return status === 'resolved' && scaledTo === undefined ? 'closed' : 'waiting';
}

function applyResolved(history: HistoryStore, incident: Incident, at: number): void {
  incident.status = 'resolved';
  incident.resolvedAt = at;
  if (!inFlight(incident)) {
    incident.until = undefined;
    incident.reason = 'resolved';
    incident.phase = incident.scaledTo === undefined ? 'closed' : 'waiting';
  }
  history.putIncident(incident);
}
