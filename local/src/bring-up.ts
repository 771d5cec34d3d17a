import type {
  ActionFailureCode,
  ActionOptions,
  ActionResult,
  AffectedReplica,
} from '@stack/alert-bot/src/runtime/runtime.ts';
import type { LocalReplica } from './replica-group.ts';

export type Failure = Extract<ActionResult, { ok: false }>;

export const failure = (code: ActionFailureCode, message: string, retryable = false): Failure => ({
  ok: false,
  code,
  message,
  retryable,
});

/** A replica as the result of an action names it. */
export const affected = ({ id, name, process }: LocalReplica): AffectedReplica => ({
  id,
  name,
  startedAt: process.status().startedAt,
});

/** Starts a replica and waits until it is healthy. */
export async function bringUp(replica: LocalReplica, options: ActionOptions): Promise<Failure | undefined> {
  const { process, name } = replica;
  process.start();
  options.onStep?.({ step: 'started', replica: name });
  const verdict = await process.untilHealthy(options.healthTimeoutMs, options.signal);
  const { ending, probe } = process.status();
  if (verdict === 'exited') return failure('exited', `${name} was started, but it ended (${ending}).`, true);
  if (verdict !== 'healthy')
    return failure('never_healthy', `${name} was started, but it is not healthy${probe ? `: ${probe}` : ''}.`, true);
  options.onStep?.({ step: 'healthy', replica: name });
  return undefined;
}
