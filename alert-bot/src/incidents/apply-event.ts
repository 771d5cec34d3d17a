import { isTerminal } from '../decide/reason.ts';
import { applyBotEvent, applyCarried } from './apply-bot-event.ts';
import type { EventOf, IncidentEvent, NewEvent } from './event.ts';
import type { HistoryStore } from './history.ts';
import { type Incident, inFlight } from './incident.ts';
import { newIncident } from './new-incident.ts';

/** More than any limit that the runbooks' schema allows. */
const keptAttempts = 50;
const keptActions = 1_000;

/**
 * Folds one event into the history: the only way in which the bot's memory changes, while it runs and when it comes back.
 * Events about incidents that are not known (their beginning was deleted) and of types that are not known change nothing.
 */
export function applyEvent(history: HistoryStore, event: IncidentEvent | NewEvent): void {
  apply(history, event, { at: Date.parse(event.at) });
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
    applyCarried(history, event as EventOf<'carried'>);
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
  const incident = history.incident(event.incident);
  if (!incident) return;
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
    case 'quarantined':
      history.putTarget({ ...history.target(event.service), quarantinedAt: at });
      history.putIncident(incident);
      break;
    case 'escalated':
      history.putIncident({ ...incident, escalated: true });
      break;
    case 'resolved':
      applyResolved(history, incident, at);
      break;
    case 'approved':
      history.putIncident({ ...incident, approved: true });
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
  leaveQueue(history, incident);
  incident.until = until === undefined ? undefined : Date.parse(until);
  incident.runbook = runbook ?? incident.runbook;
  incident.purpose = purpose ?? incident.purpose;
  if (decision === 'act' && action) {
    history.putBot({ ...history.bot(), queued: history.bot().queued + 1 });
    history.putTarget({ ...history.target(action.service), active: incident.id });
    incident.phase = 'queued';
  } else freeTarget(history, incident);
  incident.action = action ?? incident.action;
  incident.service = incident.action?.service;
  if (decision === 'skip') incident.phase = phaseAfterSkip(incident);
  history.putIncident(incident);
}

function phaseAfterSkip({ reason, scaledTo, status }: Incident): Incident['phase'] {
  if (reason === 'awaiting_approval') return 'awaiting_approval';
  if (reason && isTerminal(reason)) return 'closed';
  return status === 'resolved' && scaledTo === undefined ? 'closed' : 'waiting';
}

function applyActing(history: HistoryStore, incident: Incident, event: EventOf<'acting'>, at: number): void {
  const { attempt: number, purpose, runbook, action, before } = event;
  leaveQueue(history, incident);
  // Taken up after a crash it is the same attempt: what was before the first try is what counts, and it counts once.
  const earlier = incident.attempt?.number === number ? incident.attempt : undefined;
  const target = { ...history.target(action.service) };
  target.active = incident.id;
  if (!earlier) {
    const bot = history.bot();
    history.putBot({ ...bot, actionTimes: pushed(bot.actionTimes, at) });
    if (purpose === 'repair') {
      target.attemptTimes = appended(target.attemptTimes, at);
      target.attemptsSinceHealthy += 1;
    }
  }
  history.putTarget(target);
  const since = { before: earlier?.before ?? before, actingAt: earlier?.actingAt ?? at };
  incident.attempt = { number, purpose, runbook, action, ...since };
  incident.phase = 'acting';
  incident.purpose = purpose;
  incident.runbook = runbook;
  incident.action = action;
  incident.service = action.service;
  incident.attempts = number;
  history.putIncident(incident);
}

const appended = (times: readonly number[], time: number) => [...times.slice(1 - keptAttempts), time];

/**
 * The one list that is changed in place: copying a thousand numbers for each action made reading a long log several times
 * slower. No trial layer folds an `acting`, so nobody else sees it change.
 */
function pushed(times: readonly number[], time: number): readonly number[] {
  const list = times as number[];
  list.push(time);
  if (list.length > 2 * keptActions) list.splice(0, list.length - keptActions);
  return list;
}

function applyActed(history: HistoryStore, incident: Incident, event: EventOf<'acted'>, at: number): void {
  if (!incident.attempt) return;
  const { ok, after, code } = event;
  const { action, purpose } = incident.attempt;
  incident.attempt = { ...incident.attempt, actedAt: at, ok, after, ...(code === undefined ? {} : { code }) };
  if (ok && action.type === 'scale') incident.scaledTo = purpose === 'repair' ? action.to : undefined;
  incident.phase = 'verifying';
  history.putIncident(incident);
}

function applyVerified(history: HistoryStore, incident: Incident, event: EventOf<'verified'>, at: number): void {
  const { outcome, purpose } = event;
  freeTarget(history, incident);
  const service = incident.attempt?.action.service ?? incident.service;
  if (service !== undefined && purpose === 'repair') {
    const target = { ...history.target(service) };
    const healed = outcome === 'healed';
    target.lastOutcome = outcome;
    target.lastEndedAt = at;
    if (healed) target.attemptsSinceHealthy = 0;
    target.failuresInRow = healed ? 0 : target.failuresInRow + 1;
    history.putTarget(target);
    incident.outcome = outcome;
  }
  incident.approved = undefined;
  incident.phase = incident.status === 'resolved' && incident.scaledTo === undefined ? 'closed' : 'waiting';
  history.putIncident(incident);
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

function leaveQueue(history: HistoryStore, { phase }: Incident): void {
  if (phase !== 'queued') return;
  const bot = history.bot();
  history.putBot({ ...bot, queued: Math.max(0, bot.queued - 1) });
}

function freeTarget(history: HistoryStore, { id, service, attempt }: Incident): void {
  const names = attempt ? [service, attempt.action.service] : [service];
  for (const name of names) {
    if (name === undefined) continue;
    const target = history.target(name);
    if (target.active === id) history.putTarget({ ...target, active: undefined });
  }
}
