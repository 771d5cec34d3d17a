import type { ActionResult, Observation } from '../runtime.ts';

export interface AgentPolicy {
  /** No service is ever scaled above this. */
  maxReplicas: number;
}

type Refusal = Extract<ActionResult, { ok: false }>;

export interface Wish {
  service: string;
  replica?: string | undefined;
  /** Absent for a restart. */
  to?: number;
}

/**
 * What the agent makes sure of by itself, because its caller is the process that faces the network: the service is in the own
 * project, opted in and not protected, the replica belongs to it, and the number of replicas is within bounds.
 */
export function findPolicyRefusal(wish: Wish, observed: Observation, policy: AgentPolicy): Refusal | undefined {
  const { service, replica, to } = wish;
  const target = observed.services.get(service);
  if (!target) return refuse('target_missing', `The project ${observed.project} has no service ${service}.`);
  if (target.protected)
    return refuse('protected_target', `The service ${service} is protected: no action is ever taken on it.`);
  if (!target.optedIn || !target.replicas.every(({ optedIn }) => optedIn))
    return refuse('not_opted_in', `The service ${service} has not opted in with the label self-healing.enable=true.`);
  if (replica !== undefined && !target.replicas.some(({ id }) => id === replica))
    return refuse('target_missing', `The service ${service} has no container ${replica.slice(0, 12)} any more.`);
  if (to !== undefined && (to < 1 || to > policy.maxReplicas))
    return refuse(
      'out_of_bounds',
      `The agent keeps ${service} between 1 and ${policy.maxReplicas} replicas, so not at ${to}.`,
    );
  return undefined;
}

const refuse = (code: Refusal['code'], message: string): Refusal => ({ ok: false, code, message, retryable: false });
