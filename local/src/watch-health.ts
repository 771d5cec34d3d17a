import type { RestartTimes } from './restart-times.ts';

export type Health = 'none' | 'starting' | 'healthy' | 'unhealthy';

export interface HealthWatch {
  stop(): void;
}

type ProbeTimes = Pick<
  RestartTimes,
  'probeIntervalMs' | 'probeTimeoutMs' | 'probeRetries' | 'startPeriodMs' | 'pollMs'
>;

/**
 * Asks `url` again and again and tells when the verdict changes. A new process is asked more often, so that one that is
 * ready is known to be at once.
 */
export function watchHealth(
  url: string,
  times: ProbeTimes,
  onChange: (health: Health, detail?: string) => void,
): HealthWatch {
  const controller = new AbortController();
  const { signal } = controller;
  void (async () => {
    const begun = performance.now();
    let health: Health = 'starting';
    let failures = 0;
    const become = (next: Health, detail?: string) => {
      if (next === health) return;
      health = next;
      onChange(next, detail);
    };
    while (!signal.aborted) {
      const problem = await probe(url, times.probeTimeoutMs, signal);
      if (signal.aborted) return;
      failures = problem === undefined ? 0 : failures + 1;
      if (problem === undefined) become('healthy');
      else if (health !== 'starting' && failures >= times.probeRetries) become('unhealthy', problem);
      else if (health === 'starting' && performance.now() - begun > times.startPeriodMs) become('unhealthy', problem);
      await pause(health === 'starting' ? times.pollMs * 2 : times.probeIntervalMs, signal);
    }
  })();
  return { stop: () => controller.abort() };
}

/** Resolves to what is wrong, or to undefined. */
async function probe(url: string, timeoutMs: number, signal: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
    const text = (await response.text()).slice(0, 300);
    return response.ok ? undefined : `status ${response.status}: ${text}`;
  } catch (error) {
    const { message, cause } = error as Error & { cause?: { code?: string } };
    return cause?.code ?? message;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish);
  });
}
