import type { Attempt } from '../incidents/incident.ts';
import type { ActionResult, Runtime } from '../runtime/runtime.ts';
import type { Core } from './core.ts';
import { withDeadline } from './with-deadline.ts';

/** What stopping, starting and Docker itself may take beside becoming healthy, for one replica, in milliseconds. */
const slackMs = 60_000;

/**
 * Calls the runtime, with a deadline of its own: a call that never returns must not hold the target for ever. `replicas`
 * are the ones still to be done; a first run names all of them and leaves their order to the runtime.
 */
export async function runAction(
  core: Core,
  runtime: Runtime,
  { action, before }: Attempt,
  replicas: readonly string[],
  healthTimeoutMs: number,
): Promise<ActionResult> {
  const { signal } = core.stopping;
  const options = { healthTimeoutMs, signal };
  const deadlineMs = (healthTimeoutMs + slackMs) * Math.max(1, before.length, action.type === 'scale' ? action.to : 1);
  const { service } = action;
  if (action.type === 'scale')
    return withDeadline(runtime.scale({ service }, { from: action.from, to: action.to }, options), deadlineMs);
  if (action.replica !== undefined)
    return withDeadline(runtime.restart({ service, replica: action.replica }, options), deadlineMs);
  if (replicas.length === before.length) return withDeadline(runtime.restart({ service }, options), deadlineMs);
  return restartEach(runtime, service, replicas, options, deadlineMs);
}

/** The rest of a restart that was cut short: each remaining replica by its id, never one a second time. */
async function restartEach(
  runtime: Runtime,
  service: string,
  replicas: readonly string[],
  options: { healthTimeoutMs: number; signal: AbortSignal },
  deadlineMs: number,
): Promise<ActionResult> {
  const done: Extract<ActionResult, { ok: true }>['replicas'] = [];
  for (const replica of replicas) {
    const result = await withDeadline(runtime.restart({ service, replica }, options), deadlineMs);
    if (!result.ok) return result;
    done.push(...result.replicas);
  }
  return { ok: true, replicas: done };
}
