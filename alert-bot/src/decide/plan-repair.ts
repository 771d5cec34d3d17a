import type { Alert } from '../alerts/alert.ts';
import type { PlannedAction } from '../incidents/event.ts';
import type { Runbook } from '../runbooks/runbook.ts';
import type { ObservedService, Replica } from '../runtime/runtime.ts';
import type { SkipReason } from './reason.ts';

export interface Repair {
  /** Absent only with an obstacle. */
  action?: PlannedAction;
  obstacle?: SkipReason;
  detail?: string;
}

/** What the runbook asks for on the replicas that are there, or what stands in the way of it. */
export function planRepair(runbook: Runbook, alert: Alert, service: ObservedService): Repair {
  const { action } = runbook;
  if (action.type === 'scale') return planScale(runbook.service, action, service);
  return action.replica === 'all'
    ? planRestart(runbook.service, service)
    : planOneRestart(runbook.service, alert, service);
}

type ScaleAction = Extract<Runbook['action'], { type: 'scale' }>;

function planScale(service: string, { to, step = 0, min, max }: ScaleAction, { replicas }: ObservedService): Repair {
  const from = replicas.length;
  const wanted = Math.min(max, Math.max(min, to ?? from + step));
  const action = { type: 'scale' as const, service, from, to: wanted };
  if (from >= wanted) return { action, obstacle: 'at_max_replicas', detail: `${from} of at most ${max}` };
  return { action };
}

function planRestart(service: string, { replicas }: ObservedService): Repair {
  const action = { type: 'restart' as const, service };
  const busy = replicas.find(isRestarting);
  return busy ? { action, obstacle: 'already_restarting', detail: busy.name } : { action };
}

/** Only the replica whose address the label `instance` has; never the whole service because of one that is not found. */
function planOneRestart(service: string, { labels }: Alert, { replicas }: ObservedService): Repair {
  const instance = labels['instance'] ?? '';
  const at = (address: string) => replicas.find(({ addresses }) => addresses.includes(address));
  const replica = at(instance) ?? at(hostOf(instance));
  if (!replica) return { obstacle: 'target_missing', detail: `no replica at "${instance}"` };
  const action = { type: 'restart' as const, service, replica: replica.id };
  if (isRestarting(replica)) return { action, obstacle: 'already_restarting', detail: replica.name };
  const others = replicas.filter(({ id }) => id !== replica.id);
  if (isUsable(replica) && others.length > 0 && !others.some(isUsable))
    return { action, obstacle: 'last_healthy_replica', detail: replica.name };
  return { action };
}

/** `10.0.0.7:8001` and `[fd00::7]:8001` without the port. */
export const hostOf = (instance: string): string => instance.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');

const isRestarting = ({ state, health }: Replica) =>
  state === 'restarting' || (state === 'running' && health === 'starting');

const isUsable = ({ state, health }: Replica) => state === 'running' && (health === 'healthy' || health === 'none');
