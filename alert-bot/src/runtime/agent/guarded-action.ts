import type { ActionResult, ActionStep, Observation, Runtime } from '../runtime.ts';
import type { ActionBudget } from './action-budget.ts';
import { type AgentPolicy, findPolicyRefusal, type Wish } from './check-policy.ts';

export interface Guard {
  runtime: Runtime;
  policy: AgentPolicy;
  budget: ActionBudget;
}

type OnStep = (step: ActionStep) => void;

/**
 * Checks the policy on what runs at this moment, takes the action's replicas out of the budget, then acts. Both are there for a
 * caller that was taken over: the bot's own limits are tighter.
 */
export async function guardedAction(
  { runtime, policy, budget }: Guard,
  wish: Wish,
  onStep: OnStep,
  act: (count: number, onStep: OnStep) => Promise<ActionResult>,
): Promise<ActionResult> {
  const observed = await runtime.observe();
  const refusal = findPolicyRefusal(wish, observed, policy);
  if (refusal) return refusal;
  const count = countReplicas(wish, observed);
  const cost = costOf(wish, count);
  if (!budget.take(cost)) return overBudget(cost, budget.left());
  let isBegun = false;
  const result = await act(count, (step) => {
    isBegun = true;
    onStep(step);
  });
  if (!result.ok && !isBegun) budget.putBack(cost);
  return result;
}

const countReplicas = ({ service }: Wish, { services }: Observation): number =>
  services.get(service)?.replicas.length ?? 0;

function costOf({ replica, to }: Wish, count: number): number {
  if (to !== undefined) return Math.abs(to - count);
  return replica === undefined ? count : 1;
}

const overBudget = (cost: number, left: number): ActionResult => ({
  ok: false,
  code: 'out_of_bounds',
  message: `The agent has ${left} replica actions left in this hour (AGENT_MAX_ACTIONS_PER_HOUR), and this takes ${cost}.`,
  retryable: true,
});
