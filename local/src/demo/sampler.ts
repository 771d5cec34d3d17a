import { queryValue } from './observe-stack.ts';
import type { StackAccess } from './stack-access.ts';
import type { Traffic } from './traffic.ts';

export interface Sample {
  /** Milliseconds since the epoch. */
  at: number;
  /** Of the last three seconds, as our own requests saw it, in milliseconds. */
  p95?: number;
  requestsPerSecond: number;
  failed: number;
  /** Pending transactions, as Prometheus knows it. */
  backlog?: number;
  workers?: number;
}

const windowMs = 3_000;

/** Looks at the stack once a second until `stop`. */
export function startSampler(stack: StackAccess, traffic: Traffic, onSample: (sample: Sample) => void) {
  const samples: Sample[] = [];
  let busy = false;
  const timer = setInterval(async () => {
    if (busy) return;
    busy = true;
    const unlessDown = (query: string) => queryValue(stack, query).catch(() => undefined);
    const [backlog, workers] = await Promise.all([
      unlessDown('max(worker_backlog_transactions{job="worker"})'),
      unlessDown('count(up{job="worker"} == 1)'),
    ]);
    const { p95, requests, failed } = traffic.look(windowMs);
    const sample: Sample = {
      at: Date.now(),
      ...(p95 !== undefined && { p95 }),
      requestsPerSecond: requests / (windowMs / 1_000),
      failed,
      ...(backlog !== undefined && { backlog }),
      ...(workers !== undefined && { workers }),
    };
    samples.push(sample);
    onSample(sample);
    busy = false;
  }, 1_000);
  return { samples, stop: () => clearInterval(timer) };
}
