import type { EventOf } from './event.ts';
import type { HistoryStore } from './history.ts';
import type { Incident } from './incident.ts';

// What an attempt changes in the memory: it begins, it is done, it is judged. `incident` is the caller's own copy.

/** More than any limit that the runbooks' schema allows. */
const keptAttempts = 50;
const keptActions = 1_000;

export function applyActing(history: HistoryStore, incident: Incident, event: EventOf<'acting'>, at: number): void {
  const { attempt: number, purpose, runbook, action, before } = event;
  // Taken up after a crash it is the same attempt: what was before the first try is what counts, and it counts once.
  const earlier = incident.attempt?.number === number ? incident.attempt : undefined;
  if (!earlier) countAttempt(history, event, at);
  history.putTarget({ ...history.target(action.service), active: incident.id });
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

/** An attempt counts for its target and for the budget, whatever is known of its incident. */
export function countAttempt(history: HistoryStore, { action, purpose }: EventOf<'acting'>, at: number): void {
  const bot = history.bot();
  history.putBot({ ...bot, actionTimes: pushed(bot.actionTimes, at) });
  if (purpose !== 'repair') return;
  const target = history.target(action.service);
  history.putTarget({
    ...target,
    attemptTimes: appended(target.attemptTimes, at),
    attemptsSinceHealthy: target.attemptsSinceHealthy + 1,
  });
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

export function applyActed(history: HistoryStore, incident: Incident, event: EventOf<'acted'>, at: number): void {
  if (!incident.attempt) return;
  const { ok, after, code } = event;
  const { action, purpose } = incident.attempt;
  incident.attempt = { ...incident.attempt, actedAt: at, ok, after, ...(code === undefined ? {} : { code }) };
  if (ok && action.type === 'scale') incident.scaledTo = purpose === 'repair' ? action.to : undefined;
  incident.phase = 'verifying';
  history.putIncident(incident);
}

export function applyVerified(history: HistoryStore, incident: Incident, event: EventOf<'verified'>, at: number): void {
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

/** Others may have the service now. */
export function freeTarget(history: HistoryStore, { id, service, attempt }: Incident): void {
  const names = attempt ? [service, attempt.action.service] : [service];
  for (const name of names) {
    if (name === undefined) continue;
    const target = history.target(name);
    if (target.active === id) history.putTarget({ ...target, active: undefined });
  }
}
