export interface TrafficOptions {
  api: string;
  perSecond: number;
  /** A request that takes longer counts as failed, in milliseconds. */
  timeoutMs?: number;
}

/** What the clients saw during the last seconds. */
export interface TrafficView {
  requests: number;
  /** Answers that were not 2xx, and requests without an answer. */
  failed: number;
  /** Those of them without an answer. */
  unanswered: number;
  /** In milliseconds; undefined without an answer. Requests that still wait count with their age. */
  p50?: number;
  p95?: number;
}

export interface Traffic {
  look(windowMs: number): TrafficView;
  /** Requests and failures since the start, by status code or `none`. */
  totals(): Record<string, number>;
  stop(): Promise<void>;
}

interface Sample {
  at: number;
  ms: number;
  ok: boolean;
  answered: boolean;
}

/**
 * Steady requests to the API, two thirds reads and one third writes, sent on time whatever the answers do: a slow or dead
 * API never slows the traffic down, so its latency is not hidden by a client that waits politely.
 */
export function startTraffic({ api, perSecond, timeoutMs = 5_000 }: TrafficOptions): Traffic {
  const controller = new AbortController();
  const waiting = new Map<Promise<void>, number>();
  const totals: Record<string, number> = {};
  let samples: Sample[] = [];

  const send = async (index: number) => {
    const begun = performance.now();
    const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(timeoutMs)]);
    const status = await fetch(`${api}/transactions`, { ...(index % 3 === 0 && post(index)), signal }).then(
      async (response) => {
        await response.arrayBuffer();
        return String(response.status);
      },
      () => 'none',
    );
    if (controller.signal.aborted) return;
    totals[status] = (totals[status] ?? 0) + 1;
    const at = performance.now();
    samples.push({ at, ms: at - begun, ok: status.startsWith('2'), answered: status !== 'none' });
  };
  let index = 0;
  const begun = performance.now();
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1_000) * perSecond);
    // after a pause of the whole process nothing is made up for
    for (index = Math.max(index, due - perSecond); index < due; index += 1) {
      const request = send(index)
        .catch(() => undefined)
        .finally(() => waiting.delete(request));
      waiting.set(request, performance.now());
    }
  }, 20);
  return {
    look: (windowMs) => {
      const now = performance.now();
      samples = samples.filter(({ at }) => now - at < 60_000);
      return viewOf(
        samples.filter(({ at }) => now - at <= windowMs),
        [...waiting.values()].map((since) => now - since),
      );
    },
    totals: () => ({ ...totals }),
    stop: async () => {
      clearInterval(timer);
      controller.abort();
      await Promise.all(waiting.keys());
    },
  };
}

function viewOf(samples: readonly Sample[], ages: readonly number[]): TrafficView {
  const finished = samples.map(({ ms }) => ms).sort((a, b) => a - b);
  const median = quantile(finished, 0.5) ?? 0;
  // one that has waited longer than the usual answer took will be slow, whenever it ends
  const all = [...finished, ...ages.filter((age) => age > median)].sort((a, b) => a - b);
  const p50 = quantile(all, 0.5);
  const p95 = quantile(all, 0.95);
  return {
    requests: samples.length,
    failed: samples.filter(({ ok }) => !ok).length,
    unanswered: samples.filter(({ answered }) => !answered).length,
    ...(p50 !== undefined && { p50 }),
    ...(p95 !== undefined && { p95 }),
  };
}

/** The nearest rank of a sorted list. */
export function quantile(sorted: readonly number[], q: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)];
}

const post = (index: number): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ accountId: `demo-${index % 10}`, amount: '12.50', currency: 'EUR', description: 'demo' }),
});
