import { isTerminal } from '../decide/reason.ts';
import type { EventOf, IncidentEvent, NewEvent } from './event.ts';
import { emptyTarget, type HistoryStore } from './history.ts';
import { type Attempt, type Incident, inFlight } from './incident.ts';

/** More than any limit that the runbooks' schema allows. */
const keptAttempts = 50;
const keptActions = 1_000;

/**
 * Folds one event into the history: the only way in which the bot's memory changes, while it runs and when it comes back.
 * Events about incidents that are not known (their beginning was deleted) and of types that are not known change nothing.
 */
export function applyEvent(history: HistoryStore, event: IncidentEvent | NewEvent): void {
  const at = Date.parse(event.at);
  if (event.type === 'carried') {
    applyCarried(history, event as EventOf<'carried'>);
    return;
  }
  if (event.incident === null) {
    applyBotEvent(history, event, at);
    return;
  }
  if (event.type === 'received') {
    applyReceived(history, event as EventOf<'received'>, at);
    return;
  }
  const incident = history.incident(event.incident);
  if (incident) applyIncidentEvent(history, { ...incident, updatedAt: at }, event, at);
}

function applyReceived(history: HistoryStore, event: EventOf<'received'>, at: number): void {
  const { alert } = event;
  const known = history.incident(event.incident);
  history.putIncident({
    id: event.incident,
    fingerprint: alert.fingerprint,
    labels: alert.labels,
    annotations: alert.annotations ?? {},
    startsAt: Date.parse(alert.startsAt),
    receivedAt: at,
    attempts: 0,
    ...known,
    updatedAt: at,
    status: alert.status,
    phase: alert.status === 'resolved' ? 'closed' : (known?.phase ?? 'waiting'),
    ...(alert.status === 'resolved' ? { resolvedAt: at } : {}),
  });
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

function applyDecided(history: HistoryStore, before: Incident, event: EventOf<'decided'>): void {
  const { decision, reason, action, runbook, purpose, until } = event;
  // Copied once and then filled in: a storm folds tens of thousands of these.
  const incident: Incident = { ...before, reason, until: until === undefined ? undefined : Date.parse(until) };
  if (runbook !== undefined) incident.runbook = runbook;
  if (purpose !== undefined) incident.purpose = purpose;
  if (action !== undefined) Object.assign(incident, { action, service: action.service });
  if (decision === 'act' && action) {
    leaveQueue(history, before);
    history.putBot({ ...history.bot(), queued: history.bot().queued + 1 });
    history.putTarget({ ...history.target(action.service), active: incident.id });
    incident.phase = 'queued';
    history.putIncident(incident);
    return;
  }
  // `duplicate` tells the sender something; it says nothing new about an incident that is in flight.
  if (reason === 'duplicate') {
    history.putIncident({ ...before, reason });
    return;
  }
  leaveQueue(history, before);
  freeTarget(history, before);
  incident.phase = phaseAfterSkip(incident);
  history.putIncident(incident);
}

function phaseAfterSkip({ reason, scaledTo, status }: Incident): Incident['phase'] {
  if (reason === 'awaiting_approval') return 'awaiting_approval';
  if (reason && isTerminal(reason)) return 'closed';
  return status === 'resolved' && scaledTo === undefined ? 'closed' : 'waiting';
}

function applyActing(history: HistoryStore, incident: Incident, event: EventOf<'acting'>, at: number): void {
  const { attempt: number, purpose, runbook, action, before } = event;
  const again = incident.attempt?.number === number; // taken up after a crash: the same attempt
  const attempt: Attempt = { number, purpose, runbook, action, before, actingAt: at };
  leaveQueue(history, incident);
  const target = { ...history.target(action.service), active: incident.id };
  if (!again) {
    const bot = history.bot();
    history.putBot({ ...bot, actionTimes: appended(bot.actionTimes, at, keptActions) });
  }
  const counts = !again && purpose === 'repair';
  history.putTarget(
    counts
      ? {
          ...target,
          attemptTimes: appended(target.attemptTimes, at, keptAttempts),
          attemptsSinceHealthy: target.attemptsSinceHealthy + 1,
        }
      : target,
  );
  history.putIncident({
    ...incident,
    phase: 'acting',
    purpose,
    runbook,
    action,
    service: action.service,
    attempts: number,
    attempt: again
      ? { ...attempt, actingAt: incident.attempt?.actingAt ?? at, before: incident.attempt?.before ?? before }
      : attempt,
  });
}

const appended = (times: readonly number[], time: number, kept: number) => [...times.slice(1 - kept), time];

function applyActed(history: HistoryStore, incident: Incident, event: EventOf<'acted'>, at: number): void {
  if (!incident.attempt) return;
  const { ok, after, code } = event;
  const attempt = { ...incident.attempt, actedAt: at, ok, after, ...(code === undefined ? {} : { code }) };
  const { action, purpose } = attempt;
  const scaled = ok && action.type === 'scale';
  history.putIncident({
    ...incident,
    scaledTo: scaled ? (purpose === 'repair' ? action.to : undefined) : incident.scaledTo,
    attempt,
    phase: 'verifying',
  });
}

function applyVerified(history: HistoryStore, incident: Incident, event: EventOf<'verified'>, at: number): void {
  const { outcome, purpose } = event;
  freeTarget(history, incident);
  const service = incident.attempt?.action.service ?? incident.service;
  if (service !== undefined && purpose === 'repair') {
    const target = history.target(service);
    const healed = outcome === 'healed';
    history.putTarget({
      ...target,
      lastOutcome: outcome,
      lastEndedAt: at,
      attemptsSinceHealthy: healed ? 0 : target.attemptsSinceHealthy,
      failuresInRow: healed ? 0 : target.failuresInRow + 1,
    });
  }
  history.putIncident({
    ...incident,
    approved: undefined,
    outcome: purpose === 'repair' ? outcome : incident.outcome,
    phase: incident.status === 'resolved' && incident.scaledTo === undefined ? 'closed' : 'waiting',
  });
}

function applyResolved(history: HistoryStore, incident: Incident, at: number): void {
  const resolved: Incident = { ...incident, status: 'resolved', resolvedAt: at };
  if (inFlight(incident)) {
    history.putIncident(resolved);
    return;
  }
  const phase = incident.scaledTo === undefined ? 'closed' : 'waiting';
  history.putIncident({ ...resolved, until: undefined, reason: 'resolved', phase });
}

function applyBotEvent(history: HistoryStore, event: IncidentEvent | NewEvent, at: number): void {
  const { pausedUntil: _u, pauseReason: _r, pausedBy: _b, ...bot } = history.bot();
  if (event.type === 'paused') {
    const reason = event.reason === undefined ? {} : { pauseReason: event.reason };
    history.putBot({ ...bot, pausedUntil: Date.parse(event.until), pausedBy: event.by, ...reason });
  }
  if (event.type === 'resumed') history.putBot(bot);
  if (event.type === 'released') {
    const { active, lastOutcome, lastEndedAt } = history.target(event.service);
    const kept = { ...(active ? { active } : {}), ...(lastOutcome === 'healed' ? { lastOutcome } : {}) };
    history.putTarget({ ...emptyTarget(event.service), ...kept, lastEndedAt: lastEndedAt ?? at });
  }
}

/** A snapshot's line replaces what it describes. */
function applyCarried(history: HistoryStore, { kind, state }: EventOf<'carried'>): void {
  if (kind === 'incident') history.putIncident(state as unknown as Incident);
  if (kind === 'target') history.putTarget(state as unknown as Parameters<HistoryStore['putTarget']>[0]);
  if (kind === 'bot') history.putBot(state as unknown as Parameters<HistoryStore['putBot']>[0]);
}

function leaveQueue(history: HistoryStore, { id }: Incident): void {
  if (history.incident(id)?.phase !== 'queued') return;
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
