import { requestJson } from './http-json.ts';
import { lookAtAlert, queryValue } from './observe-stack.ts';
import type { StackAccess } from './stack-access.ts';
import type { Traffic } from './traffic.ts';

type Tell = (line: string) => void;

/**
 * Three repairs in half an hour put a service into quarantine, and that is right; somebody who shows four faults one after the
 * other is the person who may end it.
 */
export async function forgetAttempts(
  { alertBot, token }: StackAccess,
  service: string,
  { by, tell }: { by: string; tell: Tell },
): Promise<void> {
  const body = { by, note: 'a demonstration begins' };
  await requestJson(`${alertBot}/targets/${service}/release`, { method: 'POST', body, token }).catch((error: Error) => {
    tell(`the alert bot was not told to forget earlier repairs of ${service}: ${error.message}`);
  });
}

/** Longer than any alert of an earlier story takes to go away, with the shipped timings too. */
const calmTimeoutMs = 600_000;

/**
 * A story begins on a healthy stack: traffic is answered, its alerts are silent, one worker runs and has nothing to do.
 * @throws Error when the stack does not come to rest
 */
export async function untilCalm(
  stack: StackAccess,
  traffic: Traffic,
  { alerts, tell, signal }: { alerts: readonly string[]; tell: Tell; signal: AbortSignal },
): Promise<void> {
  let told = '';
  const deadline = Date.now() + calmTimeoutMs;
  for (let calm = 0; calm < 3 && !signal.aborted; ) {
    if (Date.now() > deadline) throw new Error(`The stack does not come to rest, so no story can begin: ${told}.`);
    const why = await whyNotCalm(stack, traffic, alerts).catch((error: Error) => error.message);
    calm = why === undefined ? calm + 1 : 0;
    if (why !== undefined && why !== told) tell(`waiting: ${why}`);
    told = why ?? told;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

async function whyNotCalm(
  stack: StackAccess,
  traffic: Traffic,
  alerts: readonly string[],
): Promise<string | undefined> {
  for (const alertname of alerts) {
    const { state } = await lookAtAlert(stack, alertname);
    if (state !== 'inactive') return `${alertname} is ${state}`;
  }
  const { requests, failed, p95 = 0 } = traffic.look(3_000);
  if (requests === 0 || failed > 0 || p95 > 200) return 'the traffic is not answered quickly yet';
  const workers = await queryValue(stack, 'count(up{job="worker"} == 1)');
  if (workers === undefined) return 'Prometheus has not seen the worker yet';
  const backlog = await queryValue(stack, 'max(worker_backlog_transactions{job="worker"})');
  return (backlog ?? 0) > 400 ? `${backlog} transactions wait to be settled` : undefined;
}

/** A healed stack has none any more; one that was given up must not stay broken. */
export async function endFaults(stack: StackAccess): Promise<void> {
  const workers = await stack.workers().catch(() => []);
  await Promise.all([
    requestJson(`${stack.api}/faults`, { method: 'DELETE' }).catch(() => undefined),
    ...workers.map(({ faults }) => faults('DELETE').catch(() => undefined)),
  ]);
}
