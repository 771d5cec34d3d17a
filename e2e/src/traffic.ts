import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from './stack.ts';

export interface Traffic {
  /** Requests by status code; `none` for those without an answer. */
  answers: Map<string, number>;
  stop(): Promise<void>;
}

export interface TrafficOptions {
  perSecond?: number;
  /** Asked before each request; one that it refuses is not sent. */
  mayBeSent?: () => Promise<boolean>;
}

/** Steady requests to the API, half reads and half writes; a slow or dead API never slows the traffic down. */
export function startTraffic(stack: Stack, { perSecond = 10, mayBeSent }: TrafficOptions = {}): Traffic {
  const answers = new Map<string, number>();
  const controller = new AbortController();
  const pending = new Set<Promise<void>>();
  const send = async (index: number) => {
    if (mayBeSent && !(await mayBeSent())) return;
    const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(5_000)]);
    const status = await fetch(`${stack.api}/transactions`, { ...(index % 2 && post(index)), signal }).then(
      async (response) => {
        await response.arrayBuffer();
        return String(response.status);
      },
      () => 'none',
    );
    answers.set(status, (answers.get(status) ?? 0) + 1);
  };
  const loop = async () => {
    for (let index = 0; !controller.signal.aborted; index += 1) {
      const request = send(index)
        .catch(() => {})
        .finally(() => pending.delete(request));
      pending.add(request);
      await sleep(1_000 / perSecond, undefined, { signal: controller.signal }).catch(() => {});
    }
  };
  const running = loop();
  return {
    answers,
    async stop() {
      controller.abort();
      await running;
      await Promise.all(pending);
    },
  };
}

const post = (index: number): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ accountId: `e2e-${index % 10}`, amount: '12.50', currency: 'EUR' }),
});
