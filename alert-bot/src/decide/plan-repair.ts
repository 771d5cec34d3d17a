import type { Alert } from '../alerts/alert.ts';
import type { PlannedAction } from '../incidents/event.ts';
import type { Incident, Target } from '../incidents/incident.ts';
import type { Runbook } from '../runbooks/runbook.ts';
import type { ObservedService } from '../runtime/runtime.ts';
import { replicasAt } from './find-replica.ts';
import type { SkipReason } from './reason.ts';
import { heldReplica, isRestarting, isUsable, isYounger, startedSince, wasRepairedBy } from './replica-state.ts';

export interface Repair {
  /** Absent only with an obstacle. */
  action?: PlannedAction;
  obstacle?: SkipReason;
  detail?: string;
  /** When to look again, where that differs from the usual time. */
  until?: number;
}

export interface RepairCase {
  runbook: Runbook;
  alert: Alert;
  incident: Incident | undefined;
  service: ObservedService;
  target: Target;
  now: number;
}

/** What the runbook asks for on the replicas that are there, or what stands in the way of it. */
export function planRepair(repair: RepairCase): Repair {
  const { runbook, service, target } = repair;
  const planned = planAction(repair);
  if (!planned.action) return planned;
  const { action } = planned;
  if (service.changing !== undefined) return { action, obstacle: 'changing', detail: service.changing };
  const concerned =
    action.type === 'restart' && action.replica !== undefined
      ? service.replicas.filter(({ id }) => id === action.replica)
      : service.replicas;
  const held = runbook.repairsHeld ? undefined : heldReplica(concerned, target);
  return held ? { action, obstacle: 'held_by_person', detail: held } : planned;
}

function planAction(repair: RepairCase): Repair {
  const { action } = repair.runbook;
  if (action.type === 'scale') return planScale(repair, action);
  return action.replica === 'all' ? planRestart(repair) : planOneRestart(repair);
}

type ScaleAction = Extract<Runbook['action'], { type: 'scale' }>;

/** The target's names, as the log has them in an action. */
const nameOf = ({ target: { target }, service: { project, service } }: RepairCase) => ({ target, project, service });

function planScale(repair: RepairCase, { to, step = 0, min, max }: ScaleAction): Repair {
  const from = repair.service.replicas.length;
  const wanted = Math.min(max, Math.max(min, to ?? from + step));
  const action = { type: 'scale' as const, ...nameOf(repair), from, to: wanted };
  if (from >= wanted) return { action, obstacle: 'at_max_replicas', detail: `${from} of at most ${max}` };
  return { action };
}

function planRestart(repair: RepairCase): Repair {
  const { runbook, alert, incident, now } = repair;
  const { replicas } = repair.service;
  const action = { type: 'restart' as const, ...nameOf(repair) };
  const busy = replicas.find(isRestarting);
  if (busy) return { action, obstacle: 'already_restarting', detail: busy.name };
  // Somebody has restarted or recreated all of it since the alert began: that gets its time to help.
  const until = startedSince(replicas, alert, incident, now);
  if (until !== undefined && until + runbook.verifyWithinMs > now)
    return {
      action,
      obstacle: 'already_restarting',
      detail: 'it was started after the alert began',
      until: until + runbook.verifyWithinMs,
    };
  return { action };
}

/** Only the replica that the label `instance` names; never the whole service because of one that is not found. */
function planOneRestart(repair: RepairCase): Repair {
  const { alert, incident, now } = repair;
  const { replicas } = repair.service;
  const instance = alert.labels['instance'] ?? '';
  const found = replicasAt(instance, replicas);
  const [replica] = found;
  if (!replica) return { obstacle: 'target_missing', detail: `no replica at "${instance}"` };
  if (found.length > 1)
    return {
      obstacle: 'target_missing',
      detail: `"${instance}" may mean ${found.map(({ name }) => name).join(' or ')}`,
    };
  // Addresses are used again: one that was not there when the alert began is not the one that the alert is about.
  if (isYounger(replica, alert, now) && !wasRepairedBy(replica, incident))
    return { obstacle: 'target_missing', detail: `${replica.name} at "${instance}" was started after the alert began` };
  const action = { type: 'restart' as const, ...nameOf(repair), replica: replica.id };
  if (isRestarting(replica)) return { action, obstacle: 'already_restarting', detail: replica.name };
  const others = replicas.filter(({ id }) => id !== replica.id);
  if (isUsable(replica) && others.length > 0 && !others.some(isUsable))
    return { action, obstacle: 'last_healthy_replica', detail: replica.name };
  return { action };
}
