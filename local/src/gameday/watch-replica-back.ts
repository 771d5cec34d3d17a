import { setTimeout as sleep } from 'node:timers/promises';
import { queryValue } from '../demo/observe-stack.ts';
import type { End, Telling } from '../demo/telling.ts';

/** A worker that was killed: whoever runs the processes starts it again, with a new start time. */
export async function watchReplicaBack(telling: Telling, deadline: number): Promise<End> {
  const { stack, signal, injectedAt, tell } = telling;
  const started = 'max(process_start_time_seconds{job="worker"} and on (instance) up{job="worker"} == 1)';
  for (; Date.now() < deadline && !signal.aborted; await sleep(200)) {
    const startedAt = (await queryValue(stack, started).catch(() => undefined)) ?? 0;
    if (startedAt * 1_000 < injectedAt) continue;
    const total = (Date.now() - injectedAt) / 1_000;
    tell('healed', `started again by the supervisor: back after ${total.toFixed(1)} s, without any alert`);
    return { times: { detect: 0, act: total, verify: 0, total } };
  }
  return { problem: signal.aborted ? 'interrupted' : 'the worker did not come back' };
}
