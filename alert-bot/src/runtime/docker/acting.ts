import type { Clock } from '@stack/service-kit/clock';
import type { ActionFailureCode, ActionOptions, ActionResult } from '../runtime.ts';
import type { KnownReplica } from './await-successor.ts';
import type { StopWitnesses } from './decide-stopped-by.ts';
import type { DockerEngine } from './docker-engine.ts';
import { EngineError } from './engine-error.ts';
import type { ContainerInspect } from './engine-types.ts';
import type { ProjectScope } from './project-scope.ts';
import { type HealthVerdict, waitHealthy } from './wait-healthy.ts';

/** What the actions of the Docker runtime share. */
export interface Acting {
  engine: DockerEngine;
  scope: ProjectScope;
  witnesses: StopWitnesses;
  /** The replicas of the last observations, by id: a decision may name one that was replaced since. */
  lastSeen: ReadonlyMap<string, KnownReplica>;
  /** Never goes back: deadlines must not move with the wall clock. */
  clock: Clock;
  pollMs: number;
  steadyMs: number;
}

export type Failure = Extract<ActionResult, { ok: false }>;

export const failure = (code: ActionFailureCode, message: string, retryable = false): Failure => ({
  ok: false,
  code,
  message,
  retryable,
});

/** An answer of the engine that no caller foresaw. The caller may try again: it may be a passing trouble of the engine's. */
export function engineFailure(error: unknown, doing: string): Failure {
  if (!(error instanceof EngineError)) throw error;
  if (error.status === 403 || error.status === 405)
    return failure('engine_error', `The engine, or the proxy in front of it, forbids ${doing}: ${error.message}`);
  return failure('engine_error', `The engine failed ${doing} (${error.status}): ${error.message}`, error.status >= 500);
}

/** The grace that the container has for stopping, in milliseconds. Negative means for ever, which here is ten minutes. */
export function stopGraceMs({ Config }: ContainerInspect): number {
  const seconds = Config.StopTimeout ?? 10; // the daemon's default
  return (seconds < 0 ? 600 : seconds) * 1_000;
}

export function waitFor(acting: Acting, id: string, options: ActionOptions): Promise<HealthVerdict> {
  const { clock, pollMs, steadyMs } = acting;
  const { healthTimeoutMs: timeoutMs, signal } = options;
  return waitHealthy(acting.engine, id, { clock, pollMs, steadyMs, timeoutMs, signal });
}

/** An action that its caller aborts ends with that, whatever the abort broke on the way. */
export async function unlessAborted(options: ActionOptions, act: () => Promise<ActionResult>): Promise<ActionResult> {
  try {
    return await act();
  } catch (error) {
    if (!options.signal?.aborted) throw error;
    return failure('aborted', 'The action was given up half-way: the bot is stopping.', true);
  }
}
