import type { EventOf } from './event.ts';
import type { HistoryStore } from './history.ts';
import type { Attempt, Healed, Incident, RepairTimes, Target, TargetAction } from './incident.ts';

// What an attempt changes in the memory: it begins, it is done, it is judged. `incident` is the caller's own copy.

/** More than any limit that the runbooks' schema allows. */
const keptAttempts = 50;
const keptActions = 1_000;
const keptRestarts = 10;

export function applyActing(history: HistoryStore, incident: Incident, event: EventOf<'acting'>, at: number): void {
  const { attempt: number, purpose, runbook, action, before } = event;
  // Taken up after a crash it is the same attempt: what was before the first try is what counts, and it counts once.
  const earlier = incident.attempt?.number === number ? incident.attempt : undefined;
  if (incident.target !== action.target) freeTarget(history, incident);
  if (!earlier) countAttempt(history, event, at);
  const since = { before: earlier?.before ?? before, actingAt: earlier?.actingAt ?? at };
  const target = history.target(action.target);
  // A scaling stops no container that stays: whose stop another one was, the restarts tell.
  const isNew = action.type === 'restart' && !earlier;
  const restart = { replicas: since.before.map(({ id }) => id), from: since.actingAt };
  const restarts = isNew ? [...target.restarts.slice(1 - keptRestarts), restart] : target.restarts;
  history.putTarget({ ...target, active: incident.id, restarts });
  const takenUp = earlier ? { takenUp: (earlier.takenUp ?? 0) + 1 } : {};
  incident.attempt = { number, purpose, runbook, action, ...since, ...takenUp };
  incident.phase = 'acting';
  incident.purpose = purpose;
  incident.runbook = runbook;
  incident.action = action;
  incident.target = action.target;
  incident.attempts = number;
  history.putIncident(incident);
}

/** An attempt counts for its target and for the budget, whatever is known of its incident. */
export function countAttempt(history: HistoryStore, { action, purpose }: EventOf<'acting'>, at: number): void {
  const bot = history.bot();
  history.putBot({ ...bot, actionTimes: pushed(bot.actionTimes, at) });
  if (purpose !== 'repair') return;
  const target = history.target(action.target);
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

/** The last one is over. */
function ended(restarts: readonly TargetAction[], at: number): readonly TargetAction[] {
  const last = restarts.at(-1);
  return last ? [...restarts.slice(0, -1), { ...last, to: at }] : restarts;
}

export function applyActed(history: HistoryStore, incident: Incident, event: EventOf<'acted'>, at: number): void {
  if (!incident.attempt) return;
  const { ok, after, code } = event;
  const { action } = incident.attempt;
  const target = history.target(action.target);
  if (action.type === 'restart') history.putTarget({ ...target, restarts: ok ? [] : ended(target.restarts, at) });
  incident.attempt = { ...incident.attempt, actedAt: at, ok, after, ...(code === undefined ? {} : { code }) };
  if (action.type === 'scale') {
    if (incident.attempt.purpose === 'repair') incident.scaledFrom ??= action.from;
    incident.scaledTo = scaledTo(incident, action, event);
    if (incident.scaledTo === undefined) Object.assign(incident, { scaledFrom: undefined, undoFailures: undefined });
  }
  incident.phase = 'verifying';
  history.putIncident(incident);
}

/** The replicas to undo once the alert is over. A scale-out that failed half-way has left some too. */
function scaledTo({ attempt, scaledTo: before }: Incident, { from, to }: ScaleAction, { ok, after }: EventOf<'acted'>) {
  if (attempt?.purpose === 'on_resolved') {
    if (ok) return undefined;
    return after.length > to && after.length < from ? after.length : before;
  }
  if (ok) return to > from ? to : undefined;
  return after.length > from && after.length <= to ? after.length : before;
}

type ScaleAction = Extract<NonNullable<Incident['action']>, { type: 'scale' }>;

export function applyVerified(history: HistoryStore, incident: Incident, event: EventOf<'verified'>, at: number): void {
  const { outcome, purpose } = event;
  if (incident.attempt && purpose === 'repair') incident.repair = repairTimes(incident.attempt, at);
  freeTarget(history, incident);
  const text = incident.attempt?.action.target ?? incident.target;
  if (text !== undefined && purpose === 'repair') {
    const target = { ...history.target(text) };
    const healed = outcome === 'healed';
    target.lastOutcome = outcome;
    target.lastEndedAt = at;
    if (healed) Object.assign(target, { lastHealed: healedBy(incident, target, at), attemptsSinceHealthy: 0 });
    target.failuresInRow = healed ? 0 : target.failuresInRow + 1;
    history.putTarget(target);
    incident.outcome = outcome;
  }
  if (purpose === 'on_resolved' && outcome !== 'healed') incident.undoFailures = (incident.undoFailures ?? 0) + 1;
  incident.approved = undefined;
  incident.approvedAt = undefined;
  incident.phase = incident.status === 'resolved' && incident.scaledTo === undefined ? 'closed' : 'waiting';
  history.putIncident(incident);
}

const repairTimes = ({ number, actingAt, actedAt = actingAt }: Attempt, verifiedAt: number): RepairTimes => ({
  ...{ number, actingAt, actedAt, verifiedAt },
});

function healedBy({ id, attempt }: Incident, target: Target, at: number): Healed | undefined {
  if (!attempt) return undefined;
  const { attemptsSinceHealthy, failuresInRow } = target;
  const { action, number } = attempt;
  const replica = action.type === 'restart' && action.replica !== undefined ? { replica: action.replica } : {};
  return { incident: id, attempt: number, at, ...replica, attemptsSinceHealthy, failuresInRow };
}

/** The success was none: attempts and failures count on from where they were before it. */
export function countRelapse(history: HistoryStore, { target: text, incident }: EventOf<'relapsed'>): void {
  const { lastHealed, ...target } = history.target(text);
  if (lastHealed?.incident !== incident) return;
  const { attemptsSinceHealthy, failuresInRow } = lastHealed;
  history.putTarget({
    ...target,
    lastOutcome: 'relapsed',
    attemptsSinceHealthy: target.attemptsSinceHealthy + attemptsSinceHealthy,
    failuresInRow: failuresInRow + 1,
  });
}

/** An attempt that touched nothing is no attempt: neither the target nor the budget pays for it. */
export function withdrawAttempt(history: HistoryStore, incident: Incident): void {
  const { attempt } = incident;
  if (!attempt) return;
  const bot = history.bot();
  history.putBot({ ...bot, actionTimes: without(bot.actionTimes, attempt.actingAt) });
  const target = history.target(attempt.action.target);
  if (attempt.purpose === 'repair')
    history.putTarget({
      ...target,
      attemptTimes: without(target.attemptTimes, attempt.actingAt),
      attemptsSinceHealthy: Math.max(0, target.attemptsSinceHealthy - 1),
    });
  incident.attempts = Math.max(0, incident.attempts - 1);
  incident.attempt = undefined;
}

const without = (times: readonly number[], time: number): readonly number[] => {
  const at = times.lastIndexOf(time);
  return at < 0 ? times : times.filter((_, index) => index !== at);
};

/** Others may have the service now. */
export function freeTarget(history: HistoryStore, { id, target: own, attempt }: Incident): void {
  const names = attempt ? [own, attempt.action.target] : [own];
  for (const name of names) {
    if (name === undefined) continue;
    const target = history.target(name);
    if (target.active === id) history.putTarget({ ...target, active: undefined });
  }
}
