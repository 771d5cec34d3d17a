import type { PlannedAction } from '../incidents/event.ts';
import type { Runbook } from '../runbooks/runbook.ts';
import type { ContainerWords } from '../runtime/container-words.ts';
import type { ObservedService, Replica } from '../runtime/runtime.ts';

/** The runbook with what the containers of its target say by their labels: the strictest of them counts. */
export function withWords(runbook: Runbook, service: ObservedService | undefined): Runbook {
  const said = wordsOf(service?.replicas ?? []);
  const cooldowns = said.flatMap(({ cooldownMs }) => cooldownMs ?? []);
  const attempts = said.flatMap((words) => words.attempts ?? []);
  if (cooldowns.length + attempts.length === 0) return runbook;
  const { limits } = runbook;
  return {
    ...runbook,
    limits: {
      ...limits,
      ...(cooldowns.length > 0 && { cooldownMs: Math.max(...cooldowns) }),
      ...(attempts.length > 0 && { attempts: { ...limits.attempts, max: Math.min(...attempts) } }),
    },
  };
}

/** What is wanted for the containers that the action would touch: `none` wins over `notify`, and that over `restart`. */
export function wishOf({ replicas }: ObservedService, action: PlannedAction | undefined): ContainerWords['action'] {
  const one = action?.type === 'restart' ? action.replica : undefined;
  const said = wordsOf(one === undefined ? replicas : replicas.filter(({ id }) => id === one));
  return (['none', 'notify'] as const).find((wish) => said.some((words) => words.action === wish)) ?? 'restart';
}

const wordsOf = (replicas: readonly Replica[]): ContainerWords[] => replicas.flatMap(({ words }) => words ?? []);
