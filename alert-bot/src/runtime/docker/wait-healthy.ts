import type { Clock } from '@stack/service-kit/clock';
import { redactSecrets } from '../redact-secrets.ts';
import { type ActionFailureCode, RuntimeUnavailable } from '../runtime.ts';
import type { DockerEngine } from './docker-engine.ts';
import { hasStatus } from './engine-error.ts';
import type { ContainerInspect } from './engine-types.ts';

export interface WaitOptions {
  /** Only differences of `now()` are used: give it a clock that never goes back. */
  clock: Clock;
  /** How long the container may take to become healthy, in milliseconds. */
  timeoutMs: number;
  pollMs: number;
  /** A container without a healthcheck counts as healthy after running this long without a break, in milliseconds. */
  steadyMs: number;
  signal?: AbortSignal | undefined;
}

/** How a container came out of being started; `message` completes "it was started, but …". */
export type HealthVerdict =
  | { healthy: true; startedAt: string }
  | { healthy: false; code: ActionFailureCode; message: string };

/**
 * Polls a container that was just started until it is healthy or cannot become so. Polling rather than events: it survives
 * proxies that cut streams, and the engine sends no event for `starting`. Errors of the connection are waited out until the
 * deadline: an engine that restarts comes back, and so do its containers.
 * @throws RuntimeUnavailable when the engine does not answer at the deadline; the signal's reason when it aborts
 */
export async function waitHealthy(engine: DockerEngine, id: string, options: WaitOptions): Promise<HealthVerdict> {
  const { clock, timeoutMs, pollMs, signal } = options;
  const judge = createJudge(options);
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await look(engine, id);
    if (seen === 'gone') return { healthy: false, code: 'target_missing', message: 'the container is gone' };
    const verdict = seen instanceof RuntimeUnavailable ? undefined : judge(seen);
    if (verdict) return verdict;
    if (clock.now() >= deadline) {
      if (seen instanceof RuntimeUnavailable) throw seen;
      return { healthy: false, code: 'never_healthy', message: late(seen as ContainerInspect, timeoutMs) };
    }
    await clock.sleep(pollMs, signal);
  }
}

async function look(engine: DockerEngine, id: string): Promise<ContainerInspect | 'gone' | RuntimeUnavailable> {
  try {
    return await engine.inspect(id);
  } catch (error) {
    if (hasStatus(error, 404)) return 'gone';
    if (error instanceof RuntimeUnavailable) return error;
    throw error;
  }
}

/** Remembers the first sight of the container, because a growing restart count and a new start time are failures too. */
function createJudge({ clock, steadyMs }: WaitOptions): (seen: ContainerInspect) => HealthVerdict | undefined {
  let restarts: number | undefined;
  let running: { since: number; startedAt: string } | undefined;
  return (seen) => {
    const { State, RestartCount } = seen;
    restarts ??= RestartCount;
    if (RestartCount > restarts)
      return failed('exited', `the container ended with code ${State.ExitCode} and was started again`);
    if (State.Status === 'exited' || State.Status === 'dead')
      return failed('exited', `the container is ${State.Status} with code ${State.ExitCode}${lastProbe(seen)}`);
    if (State.Status === 'paused') return failed('held_by_person', 'a person paused it');
    const isRunning = State.Status === 'running' && State.Running;
    if (!isRunning) running = undefined;
    else if (running?.startedAt !== State.StartedAt) running = { since: clock.now(), startedAt: State.StartedAt };
    if (!running) return undefined;
    const health = State.Health?.Status || 'none';
    if (health === 'unhealthy') return failed('never_healthy', `the healthcheck fails${lastProbe(seen)}`);
    const isHealthy = health === 'none' ? clock.now() - running.since >= steadyMs : health === 'healthy';
    return isHealthy ? { healthy: true, startedAt: State.StartedAt } : undefined;
  };
}

const failed = (code: ActionFailureCode, message: string): HealthVerdict => ({
  healthy: false,
  code,
  message,
});

const late = (seen: ContainerInspect, timeoutMs: number): string =>
  `after ${timeoutMs} ms it is ${seen.State.Status}, health ${seen.State.Health?.Status || 'none'}${lastProbe(seen)}`;

function lastProbe({ State, Config }: ContainerInspect): string {
  const last = State.Health?.Log?.at(-1);
  const output = redactSecrets(last?.Output.slice(0, 1_000) ?? '', Config.Env ?? [])
    .trim()
    .slice(0, 200);
  return last ? `; the last probe ended with code ${last.ExitCode}${output ? `: ${output}` : ''}` : '';
}
