import { withTimeout } from '@stack/service-kit/timeout';
import type { Attempt } from '../incidents/incident.ts';
import type { ActionOptions, ActionResult, ActionStep, Runtime } from '../runtime/runtime.ts';
import type { Core } from './core.ts';

/** For stopping and starting, on top of what a replica may take to become healthy. */
const slackMs = 60_000;

/**
 * Has the runtime do it, with a deadline: a runtime that never answers must not hold the target for ever. `replicas` are those
 * that are still to be restarted, which is all of them on a first run. A pause gives the action up between two of its steps.
 */
export async function runAction(
  core: Core,
  attempt: Attempt,
  replicas: readonly string[],
  { healthTimeoutMs, includeHeld }: { healthTimeoutMs: number; includeHeld: boolean },
): Promise<ActionResult> {
  const given = new AbortController();
  core.acting.add(given);
  const signal = AbortSignal.any([given.signal, core.stopping.signal]);
  const id = core.history.target(attempt.action.target).active;
  const onStep = (step: ActionStep) => (id === undefined ? undefined : core.progress.step(id, step));
  try {
    return await start(core.options.runtime, attempt, replicas, { healthTimeoutMs, signal, includeHeld, onStep });
  } finally {
    core.acting.delete(given);
  }
}

function start(runtime: Runtime, { action, before }: Attempt, replicas: readonly string[], options: ActionOptions) {
  const count = Math.max(1, before.length, action.type === 'scale' ? action.to : 1);
  const deadlineMs = (options.healthTimeoutMs + slackMs) * count;
  const inTime = (work: Promise<ActionResult>) => withTimeout(work, deadlineMs, 'the action');
  const { target: service } = action;
  if (action.type === 'scale') return inTime(runtime.scale({ service }, { from: action.from, to: action.to }, options));
  if (action.replica !== undefined) return inTime(runtime.restart({ service, replica: action.replica }, options));
  if (replicas.length === before.length) return inTime(runtime.restart({ service }, options));
  return restartEach(runtime, service, replicas, options, inTime);
}

/** The rest of a restart that was cut short: each remaining replica by its id, never one a second time. */
async function restartEach(
  runtime: Runtime,
  service: string,
  replicas: readonly string[],
  options: ActionOptions,
  inTime: (work: Promise<ActionResult>) => Promise<ActionResult>,
): Promise<ActionResult> {
  const done: Extract<ActionResult, { ok: true }>['replicas'] = [];
  for (const replica of replicas) {
    const result = await inTime(runtime.restart({ service, replica }, options));
    if (!result.ok) return result;
    done.push(...result.replicas);
  }
  return { ok: true, replicas: done };
}
