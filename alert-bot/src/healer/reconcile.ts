import { withTimeout } from '@stack/service-kit/timeout';
import type { Knowledge } from '../decide/confirmation.ts';
import { type Decision, lookAgainMs } from '../decide/decision.ts';
import { within } from '../decide/within.ts';
import type { NewEvent } from '../incidents/event.ts';
import type { Incident } from '../incidents/incident.ts';
import type { Observation } from '../runtime/runtime.ts';
import type { Core } from './core.ts';
import { decideIncident } from './decide-incident.ts';
import { decisionEvents, nameOf } from './judge.ts';
import { askAbout, heardAt } from './knowledge.ts';
import { rfc3339 } from './summary.ts';

/** Reasons that need a person when they last. The others have their own end, or were chosen by a person. */
const stuckReasons: ReadonlySet<string> = new Set([
  'target_missing',
  'already_restarting',
  'last_healthy_replica',
  'at_max_replicas',
  'budget_spent',
  'runtime_unavailable',
  'in_progress',
  'changing',
  'held_by_person',
  'unconfirmed',
]);
/** Per tick; the rest is due in the next one. */
const maxPerTick = 100;
/** All that is due is asked about at once, and no tick waits longer for the answers. */
const tickTimeoutMs = 9_000;

/**
 * Looks through the waiting incidents whose time has come: no state without a timer, and no waiting for a webhook that may
 * never come. Alertmanager says nothing of a relapse inside `group_interval`.
 */
export async function reconcile(core: Core, onAct: (id: string) => void): Promise<void> {
  const due = dueIncidents(core).slice(0, maxPerTick);
  if (due.length === 0) return;
  for (const { id } of due.filter(({ phase }) => phase === 'awaiting_approval')) await expireApproval(core, id);
  const waiting = due.filter(({ phase }) => phase === 'waiting');
  const asked = waiting.map(async (incident) => [incident.id, await askAbout(core, incident)] as const);
  const answers = await withTimeout(Promise.all(asked), tickTimeoutMs, 'asking about the waiting incidents').catch(
    () => [],
  );
  const observed = await core.observer.recent(1_000);
  for (const [id, known] of answers) {
    if (core.stopping.signal.aborted) return;
    await lookAt(core, id, known, observed, onAct);
  }
}

function dueIncidents(core: Core): Incident[] {
  const now = core.now();
  const open = [...core.history.open()].filter(({ phase }) => phase === 'waiting' || phase === 'awaiting_approval');
  // Who has had fewer tries goes first: one replica that cannot be cured does not keep the others waiting.
  return open.filter((incident) => dueAt(core, incident) <= now).sort((a, b) => a.attempts - b.attempts);
}

function dueAt(core: Core, { id, until, updatedAt, phase }: Incident): number {
  const { approvalWithinMs } = core.options.runbooks.current();
  // Asked for so long ago, on either side: the clock may have been set back since.
  if (phase === 'awaiting_approval' && !within(updatedAt, approvalWithinMs, core.now())) return 0;
  return core.lookAgain.get(id) ?? until ?? updatedAt + lookAgainMs.unconfirmed;
}

/** After the clock jumped, the times that were noted mean nothing: everything is looked at now. */
export function lookAtEverything(core: Core): void {
  core.heard.clear(); // or what was heard long ago would be of this moment once the clock comes there again
  for (const { id, phase } of core.history.open()) if (phase === 'waiting') core.lookAgain.set(id, core.now());
}

/** Forgets the side notes of what is over. */
export function forgetClosed(core: Core): void {
  for (const id of core.lookAgain.keys()) if (!core.history.isOpen(id)) core.lookAgain.delete(id);
  for (const fingerprint of core.heard.keys())
    if (!core.history.openIncidentOf(fingerprint)) core.heard.delete(fingerprint);
}

async function lookAt(
  core: Core,
  id: string,
  asked: Knowledge,
  observed: Observation | undefined,
  onAct: (id: string) => void,
): Promise<void> {
  const acts = await core.exclusively(async () => {
    const incident = core.history.incident(id);
    if (incident?.phase !== 'waiting') return false;
    const known = { ...asked, heardAt: heardAt(core, incident) };
    const end = endOf(core, incident, known);
    if (!end) return redecide(core, incident, decideIncident(core, incident, observed, known), observed);
    await core.record([end]);
    core.lookAgain.set(id, core.now());
    return false;
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
function endOf(
  core: Core,
  { id, status, receivedAt }: Incident,
  { report, heardAt: heard }: Knowledge,
): NewEvent | undefined {
  if (status === 'resolved') return undefined;
  if (report.state === 'gone') return { at: core.at(), incident: id, type: 'resolved', by: 'alert_source' };
  if (report.state === 'unknown' && !within(heard || receivedAt, core.timing.expireMs, core.now()))
    return { at: core.at(), incident: id, type: 'resolved', by: 'expired' };
  return undefined;
}

async function redecide(
  core: Core,
  incident: Incident,
  decision: Decision,
  observed: Observation | undefined,
): Promise<boolean> {
  const { id } = incident;
  const now = core.now();
  const [policy, home] = [core.options.runbooks.current(), core.observer.home()];
  const world = { history: core.history, policy, home, observed, now };
  const changed = decision.decision === 'act' || decision.reason !== incident.reason;
  const events = changed ? decisionEvents(id, incident, decision, 'timer', world) : [];
  events.push(...stuckEvents(core, incident, decision));
  await core.record(events);
  core.options.metrics.decided(decision.reason);
  core.lookAgain.set(id, decision.decision === 'skip' ? (decision.until ?? now + lookAgainMs.unconfirmed) : now);
  return decision.decision === 'act';
}

function stuckEvents(core: Core, incident: Incident, stuckOn: Decision): NewEvent[] {
  const { decision, reason, runbook } = stuckOn;
  const { stuckAfterMs, runbooks } = core.options.runbooks.current();
  const now = core.now();
  const isStuck = decision === 'skip' && incident.status === 'firing' && stuckReasons.has(reason);
  const stuck = isStuck && !within(incident.receivedAt, stuckAfterMs, now);
  const matched = runbooks.find(({ name }) => name === runbook);
  if (!stuck || incident.escalated || !matched) return [];
  const name = nameOf(matched, incident, core.observer.home()) ?? {};
  const minutes = Math.round(stuckAfterMs / 60_000);
  const detail = stuckOn.decision === 'skip' && stuckOn.detail !== undefined ? ` (${stuckOn.detail})` : '';
  const message = `${incident.labels['alertname']} has fired for more than ${minutes} minutes and the bot does nothing: ${reason}${detail}.`;
  const partOf = reason === 'budget_spent' ? budgetCallOf(core, incident.id, now) : undefined;
  const call = { at: rfc3339(now), incident: incident.id, type: 'escalated' as const, ...name };
  return [{ ...call, why: 'stuck', reason, message, ...(partOf !== undefined && { partOf }) }];
}

/** That the budget is spent is one trouble, however many incidents wait for it. */
function budgetCallOf(core: Core, incident: string, now: number): string | undefined {
  const { budget } = core.options.runbooks.current();
  const { budgetCall } = core;
  if (budgetCall && within(budgetCall.at, budget.withinMs, now)) return budgetCall.incident;
  core.budgetCall = { incident, at: now };
  return undefined;
}
