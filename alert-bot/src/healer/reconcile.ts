import { decide } from '../decide/decide.ts';
import { decideScaleBack } from '../decide/decide-scale-back.ts';
import { type Decision, skip } from '../decide/decision.ts';
import { within } from '../decide/within.ts';
import type { NewEvent } from '../incidents/event.ts';
import type { Incident } from '../incidents/incident.ts';
import type { Observation } from '../runtime/runtime.ts';
import type { AlertState } from '../verify/alert-source.ts';
import type { Core } from './core.ts';
import { alertOf, decisionEvents } from './judge.ts';
import { rfc3339 } from './summary.ts';

/** Reasons that need a person when they last. The others have their own end, or were chosen by a person. */
const stuckReasons: ReadonlySet<string> = new Set([
  'target_missing',
  'already_restarting',
  'last_healthy_replica',
  'at_max_replicas',
  'budget_spent',
  'runtime_unavailable',
]);
const unconfirmedMs = 60_000;
/** Per tick; the rest is due in the next one. */
const maxPerTick = 100;

/**
 * Looks through the waiting incidents whose time has come: no state without a timer, and no waiting for a webhook that may
 * never come. Alertmanager says nothing of a relapse inside `group_interval`.
 */
export async function reconcile(core: Core, onAct: (id: string) => void): Promise<void> {
  const due = dueIncidents(core).slice(0, maxPerTick);
  if (due.length === 0) return;
  const observed = await core.observer.recent(1_000);
  for (const { id } of due) {
    if (core.stopping.signal.aborted) return;
    await lookAt(core, id, observed, onAct);
  }
}

function dueIncidents(core: Core): Incident[] {
  const now = core.now();
  const open = [...core.history.open()].filter(({ phase }) => phase === 'waiting' || phase === 'awaiting_approval');
  // Who has had fewer tries goes first: one replica that cannot be cured does not keep the others waiting.
  return open.filter((incident) => dueAt(core, incident) <= now).sort((a, b) => a.attempts - b.attempts);
}

const dueAt = (core: Core, { id, until, updatedAt }: Incident): number =>
  core.lookAgain.get(id) ?? until ?? updatedAt + unconfirmedMs;

/** After the clock was set back, every time that was noted lies too far ahead: everything is looked at now. */
export function lookAtEverything(core: Core): void {
  for (const { id, phase } of core.history.open()) if (phase === 'waiting') core.lookAgain.set(id, core.now());
}

/** Forgets the side notes of incidents that are over. */
export function forgetClosed(core: Core): void {
  for (const notes of [core.lookAgain, core.lastSeen])
    for (const id of notes.keys()) if (core.history.incident(id)?.phase === 'closed') notes.delete(id);
}

async function lookAt(core: Core, id: string, observed: Observation | undefined, onAct: (id: string) => void) {
  const before = core.history.incident(id);
  if (before?.phase === 'awaiting_approval') return expireApproval(core, id);
  if (before?.phase !== 'waiting') return;
  const { state } = await core.options.alertSource.look(before);
  const acts = await core.exclusively(async () => {
    const incident = core.history.incident(id);
    if (incident?.phase !== 'waiting') return false;
    const end = endOf(core, incident, state);
    if (end) {
      await core.record([end]);
      core.lookAgain.set(id, core.now());
      return false;
    }
    return redecide(core, incident, decideWaiting(core, incident, state, observed));
  });
  if (acts) onAct(id);
}

async function expireApproval(core: Core, id: string): Promise<void> {
  await core.exclusively(async () => {
    if (core.history.incident(id)?.phase !== 'awaiting_approval') return;
    await core.record([{ at: core.at(), incident: id, type: 'rejected', by: 'nobody in time', expired: true }]);
  });
}

/** How an incident that still counts as firing ends without Alertmanager's word. */
function endOf(core: Core, { id, status, receivedAt }: Incident, state: AlertState): NewEvent | undefined {
  if (status === 'resolved') return undefined;
  if (state === 'gone') return { at: core.at(), incident: id, type: 'resolved', by: 'alert_source' };
  const lastHeard = core.lastSeen.get(id) ?? receivedAt;
  if (state === 'unknown' && !within(lastHeard, core.timing.expireMs, core.now()))
    return { at: core.at(), incident: id, type: 'resolved', by: 'expired' };
  return undefined;
}

function decideWaiting(core: Core, incident: Incident, state: AlertState, observed: Observation | undefined): Decision {
  const now = core.now();
  const policy = core.options.runbooks.current();
  const unconfirmed = (detail: string) => skip('unconfirmed', { until: now + unconfirmedMs, detail });
  if (incident.status === 'resolved') {
    if (state === 'firing' || state === 'pending') return unconfirmed('the alert fires again');
    if (state === 'unknown' && core.options.alertSource.configured)
      return unconfirmed('nobody says that the alert is over');
    return decideScaleBack(incident, observed, core.history, policy, now);
  }
  if (state === 'pending') return unconfirmed('the condition is true again, but not for long');
  const fresh = within(core.lastSeen.get(incident.id) ?? incident.receivedAt, core.timing.freshMs, now);
  if (state === 'unknown' && !fresh) return unconfirmed('nobody says that the alert still fires');
  return decide(alertOf(incident), observed, core.history, policy, now);
}

async function redecide(core: Core, incident: Incident, decision: Decision): Promise<boolean> {
  const { id } = incident;
  const now = core.now();
  const world = { history: core.history, policy: core.options.runbooks.current(), now };
  const changed = decision.decision === 'act' || decision.reason !== incident.reason;
  const events = changed ? decisionEvents(id, incident, decision, 'timer', world) : [];
  events.push(...stuckEvents(core, incident, decision));
  await core.record(events);
  core.options.metrics.decided(decision.reason);
  core.lookAgain.set(id, decision.decision === 'skip' ? (decision.until ?? now + unconfirmedMs) : now);
  return decision.decision === 'act';
}

function stuckEvents(core: Core, incident: Incident, { decision, reason, runbook }: Decision): NewEvent[] {
  const { stuckAfterMs, runbooks } = core.options.runbooks.current();
  const now = core.now();
  const stuck = decision === 'skip' && stuckReasons.has(reason) && !within(incident.receivedAt, stuckAfterMs, now);
  const service = runbooks.find(({ name }) => name === runbook)?.service;
  if (!stuck || incident.escalated || service === undefined) return [];
  const minutes = Math.round(stuckAfterMs / 60_000);
  const message = `${incident.labels['alertname']} has fired for more than ${minutes} minutes and the bot cannot help: ${reason}.`;
  return [{ at: rfc3339(now), incident: incident.id, type: 'escalated', service, why: 'stuck', reason, message }];
}
