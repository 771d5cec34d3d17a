import { describeMissing } from '../../decide/describe-missing.ts';
import { plainProject } from '../../targets/target-name.ts';
import type { ActionResult, Observation, ObservedService } from '../runtime.ts';

export interface AgentPolicy {
  /** No service is ever scaled above this. */
  maxReplicas: number;
  /** Restarted, started, added and removed replicas of all services in any hour; 60 when absent. */
  maxActionsPerHour?: number;
  /** Whether a caller may have it touch what a person stopped or paused. */
  repairsHeld?: boolean;
}

type Refusal = Extract<ActionResult, { ok: false }>;

export interface Wish {
  /** The target's text, as the observation has it. */
  service: string;
  replica?: string | undefined;
  /** Absent for a restart. */
  to?: number;
  /** Also what a person stopped or paused. */
  includeHeld?: boolean | undefined;
}

/**
 * What the agent checks on its own, because its caller is the process that faces the network: the target is in a project
 * that it may act in, opted in and not protected, the replica belongs to it, the number of replicas is within bounds, and no person holds or
 * changes what the action would touch.
 */
export function findPolicyRefusal(wish: Wish, observed: Observation, policy: AgentPolicy): Refusal | undefined {
  const { service, replica, to } = wish;
  const target = observed.services.get(service);
  if (!target) return refuse('target_missing', `The agent has ${describeMissing(service, observed)}.`);
  if (target.protected)
    return refuse('protected_target', `The service ${service} is protected: no action is ever taken on it.`);
  if (!target.optedIn || !target.replicas.every(({ optedIn }) => optedIn))
    return refuse(
      'not_opted_in',
      `The service ${service} has not opted in with the label self-healing.enable=true or the agent's OPT_IN_LABEL.`,
    );
  if (replica !== undefined && !target.replicas.some(({ id }) => id === replica))
    return refuse('target_missing', `The service ${service} has no container ${replica.slice(0, 12)} any more.`);
  if (to !== undefined && target.project === plainProject)
    return refuse('not_scalable', `${service} is a single container that no compose project made: it is never scaled.`);
  if (to !== undefined && (to < 1 || to > policy.maxReplicas))
    return refuse(
      'out_of_bounds',
      `The agent keeps ${service} between 1 and ${policy.maxReplicas} replicas, so not at ${to}.`,
    );
  return findHold(wish, target, policy);
}

function findHold(
  { replica, to, includeHeld }: Wish,
  { changing, replicas }: ObservedService,
  { repairsHeld }: AgentPolicy,
): Refusal | undefined {
  if (changing !== undefined)
    return { ...refuse('changing', `Somebody else is at work: ${changing}.`), retryable: true };
  if (includeHeld && repairsHeld) return undefined;
  const touched = replicas.filter(({ id }) => to !== undefined || replica === undefined || id === replica);
  const held = touched.find(
    ({ state, stoppedBy }) => state === 'paused' || (state === 'exited' && stoppedBy === 'person'),
  );
  if (!held) return undefined;
  const how = held.state === 'paused' ? 'paused' : 'stopped';
  return { ...refuse('held_by_person', `${held.name} was ${how} by a person, so it is left alone.`), retryable: true };
}

const refuse = (code: Refusal['code'], message: string): Refusal => ({ ok: false, code, message, retryable: false });
