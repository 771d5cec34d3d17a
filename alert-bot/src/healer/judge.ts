import type { Alert } from '../alerts/alert.ts';
import { labelOf } from '../alerts/label-of.ts';
import { quarantineCause } from '../decide/check-policy.ts';
import { withWords } from '../decide/container-says.ts';
import { decide } from '../decide/decide.ts';
import type { Decision } from '../decide/decision.ts';
import { within } from '../decide/within.ts';
import { applyEvent } from '../incidents/apply-event.ts';
import type { EventOf, NewEvent } from '../incidents/event.ts';
import type { HistoryStore } from '../incidents/history.ts';
import { type Healed, type Incident, incidentId } from '../incidents/incident.ts';
import type { Policy, Runbook } from '../runbooks/runbook.ts';
import type { Observation } from '../runtime/runtime.ts';
import { nameTarget, printTarget, type TargetName, targetNameOf } from '../targets/target-name.ts';
import { resolveTarget } from '../targets/target-template.ts';
import type { IntakeResult } from './healer.ts';
import { rfc3339 } from './summary.ts';

export interface Judgement {
  result: IntakeResult;
  /** What has to be recorded; already applied to the history that was judged on. */
  events: NewEvent[];
  /** When to look at the incident again, in milliseconds since the epoch, if the log does not say it. */
  until?: number;
}

export interface World {
  history: HistoryStore;
  observed: Observation | undefined;
  policy: Policy;
  /** The home project, as far as it is known. */
  home: string | undefined;
  now: number;
  /** `now` as the log writes it: made once for a storm of alerts. */
  at: string;
}

/** One delivered alert: what it changes, what is to be done, and what the sender is told. Pure but for `world.history`. */
export function judgeDelivered(alert: Alert, receiver: string | undefined, world: World): Judgement {
  const adopted = adopt(alert, world.history);
  const known = world.history.incident(incidentId(adopted));
  return adopted.status === 'resolved'
    ? judgeEnd(adopted, known, receiver, world)
    : judgeFiring(adopted, known, receiver, world);
}

/**
 * Senders move start times, and hand-written alerts have none: an alert belongs to the open episode of its fingerprint. A
 * `resolved` ends the one that had begun by then; an older one, that comes late, ends nothing.
 */
export function adopt(alert: Alert, history: HistoryStore): Alert {
  const known = history.incident(incidentId(alert));
  if (known && known.phase !== 'closed') return alert;
  const open = history.openIncidentOf(alert.fingerprint);
  if (!open || (open.status === 'resolved' && !alert.startsAtMissing)) return alert;
  const belongs =
    alert.status === 'firing' || alert.startsAtMissing || open.startsAt <= (alert.endsAt ?? alert.startsAt);
  return belongs ? { ...alert, startsAt: open.startsAt } : alert;
}

function judgeEnd(alert: Alert, known: Incident | undefined, receiver: string | undefined, world: World): Judgement {
  const id = incidentId(alert);
  const { at } = world;
  const decision: Decision = { decision: 'skip', reason: 'resolved' };
  const events: NewEvent[] = [];
  if (!known) events.push(received(alert, receiver, at), decided(id, decision, 'delivery', at));
  else if (known.status === 'firing') events.push({ at, incident: id, type: 'resolved', by: 'alertmanager' });
  for (const event of events) applyEvent(world.history, event);
  return { events, result: toResult(alert, id, decision) };
}

function judgeFiring(alert: Alert, known: Incident | undefined, receiver: string | undefined, world: World): Judgement {
  const id = incidentId(alert);
  const { at } = world;
  const isNew = !known || known.status === 'resolved';
  const relapse = isNew ? relapseEvents(alert, world) : [];
  for (const event of relapse) applyEvent(world.history, event);
  const decision = decide(alert, world.observed, world.history, world.policy, world.now);
  const begins = isNew && (!known || (decision.reason !== 'resolved' && decision.reason !== 'duplicate'));
  const events: NewEvent[] = begins ? [received(alert, receiver, at)] : [];
  // The same decision about the same episode again is no news: the log tells changes, the metric counts repetitions.
  if (begins || decision.decision === 'act' || decision.reason !== known?.reason)
    events.push(...decisionEvents(id, alert, decision, 'delivery', world));
  for (const event of events) applyEvent(world.history, event);
  const until = decision.decision === 'skip' ? decision.until : undefined;
  const all = relapse.length > 0 ? [...relapse, ...events] : events;
  return { events: all, result: toResult(alert, id, decision), ...(until === undefined ? {} : { until }) };
}

/** The same alert on the same target soon after it counted as healed: that attempt had not healed it. */
function relapseEvents(alert: Alert, { history, policy, home, now, at }: World): NewEvent[] {
  const runbook = policy.runbooks.find((candidate) => candidate.matches(alert.labels));
  const name = runbook && nameOf(runbook, alert, home);
  const healed = name && history.target(name.target).lastHealed;
  if (!healed || !within(healed.at, runbook.limits.relapseMs, now) || !isSameTrouble(healed, alert, history)) return [];
  const { incident, attempt } = healed;
  return [{ at, incident, type: 'relapsed', attempt, ...name, by: incidentId(alert) }];
}

/** What the runbook acts on for this alert; undefined when the alert does not say it. */
export function nameOf({ target }: Runbook, { labels }: Pick<Alert, 'labels'>, home: string | undefined) {
  const resolved = resolveTarget(target, labels, home);
  return 'problem' in resolved ? undefined : nameTarget(resolved.target, home);
}

/** What restarted one replica can only have failed on that replica's alert; what changed the whole service, on any of its name. */
function isSameTrouble({ incident, replica }: Healed, alert: Alert, history: HistoryStore): boolean {
  if (incident.startsWith(`${alert.fingerprint}-`)) return true;
  return replica === undefined && history.incident(incident)?.labels['alertname'] === alert.labels['alertname'];
}

/** A decision, and with the first `quarantined` of a target the quarantine itself and the one call for a person. */
export function decisionEvents(
  id: string,
  alert: Pick<Alert, 'labels' | 'annotations'>,
  decision: Decision,
  trigger: EventOf<'decided'>['trigger'],
  world: Pick<World, 'history' | 'policy' | 'home' | 'now' | 'observed'> & { at?: string },
): NewEvent[] {
  const { policy, home, now, at = rfc3339(now) } = world;
  const events: NewEvent[] = [decided(id, decision, trigger, at)];
  if (decision.reason === 'for_a_person') return [...events, ...callEvents(id, alert, decision, world)];
  if (decision.reason !== 'quarantined') return events;
  const runbook = policy.runbooks.find((candidate) => candidate.matches(alert.labels));
  const name = decision.action ? targetNameOf(decision.action) : runbook && nameOf(runbook, alert, home);
  if (!runbook || !name) return events;
  const limited = withWords(runbook, world.observed?.services.get(name.target));
  return [...events, ...quarantineEvents(id, { runbook: limited, name }, world)];
}

/** Once for each episode of the alert. */
function callEvents(
  id: string,
  { labels, annotations }: Pick<Alert, 'labels' | 'annotations'>,
  { action }: Decision,
  { history, home, now }: Pick<World, 'history' | 'home' | 'now'>,
): NewEvent[] {
  if (history.incident(id)?.escalated) return [];
  const project = labelOf(labels, 'project');
  const service = labelOf(labels, 'service');
  const name = action ? targetNameOf(action) : service ? nameTarget(printTarget({ project, service }, home), home) : {};
  const message = labelOf(annotations, 'summary').slice(0, 500) || `${labelOf(labels, 'alertname')} is for a person.`;
  return [{ at: rfc3339(now), incident: id, type: 'escalated', ...name, why: 'for_a_person', message }];
}

/** Empty when the target is not due for quarantine, or already in it: the escalation happens once. */
export function quarantineEvents(
  id: string,
  { runbook, name }: { runbook: Runbook; name: TargetName },
  { history, now }: Pick<World, 'history' | 'now'>,
): NewEvent[] {
  const target = history.target(name.target);
  const why = quarantineCause(target, runbook, now);
  if (why === undefined || why === 'quarantined') return [];
  const attempts = why === 'attempts_in_window' ? target.attemptTimes.length : target.attemptsSinceHealthy;
  const at = rfc3339(now);
  const message = `${name.target} was tried ${attempts} times (${why.replaceAll('_', ' ')}); it is left alone until a person releases it.`;
  return [
    { at, incident: id, type: 'quarantined', ...name, attempts, why },
    { at, incident: id, type: 'escalated', ...name, why: 'quarantined', message },
  ];
}

export function decided(id: string, decision: Decision, trigger: EventOf<'decided'>['trigger'], at: string): NewEvent {
  const { runbook, action, reason } = decision;
  const rest =
    decision.decision === 'act'
      ? { purpose: decision.purpose }
      : {
          ...(decision.until === undefined ? {} : { until: rfc3339(decision.until) }),
          ...(decision.detail === undefined ? {} : { detail: decision.detail }),
        };
  return {
    at,
    incident: id,
    type: 'decided',
    decision: decision.decision,
    reason,
    trigger,
    ...(runbook === undefined ? {} : { runbook }),
    ...(action === undefined ? {} : { action }),
    ...rest,
  };
}

function received(alert: Alert, receiver: string | undefined, at: string): NewEvent {
  const { status, labels, annotations, startsAt, fingerprint, generatorURL } = alert;
  return {
    at,
    incident: incidentId(alert),
    type: 'received',
    alert: {
      status,
      labels,
      annotations,
      startsAt: rfc3339(startsAt),
      fingerprint,
      ...(generatorURL === undefined ? {} : { generatorURL }),
    },
    ...(receiver === undefined ? {} : { receiver }),
  };
}

export function toResult(
  { labels, fingerprint }: Pick<Alert, 'labels' | 'fingerprint'>,
  id: string,
  decision: Decision,
): IntakeResult {
  const { runbook, action } = decision;
  const { until, detail } = decision.decision === 'skip' ? decision : {};
  return {
    incident: id,
    alertname: labels['alertname'] ?? '',
    fingerprint,
    decision: decision.decision,
    reason: decision.reason,
    ...(runbook === undefined ? {} : { runbook }),
    ...(action === undefined ? {} : { action }),
    ...(until === undefined ? {} : { until: rfc3339(until) }),
    ...(detail === undefined ? {} : { detail }),
  };
}

/** The alert as its incident remembers it. */
export const alertOf = ({ labels, annotations, startsAt, fingerprint, status }: Incident): Alert => ({
  status,
  labels,
  annotations,
  startsAt,
  startsAtMissing: false,
  fingerprint,
});
