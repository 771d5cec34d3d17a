import { setTimeout as sleep } from 'node:timers/promises';

/** Both sides are asked at this rate, in milliseconds. */
export const pollMs = 10;
const timeoutMs = 60_000;

/**
 * Asks until the answer is yes. A question that fails is a no: what is being restarted refuses connections.
 * @throws Error when there is none within a minute
 */
export async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < timeoutMs) {
    if (await ask().catch(() => false)) return;
    await sleep(pollMs);
  }
  throw new Error(`${what}: not within ${timeoutMs / 1_000} s`);
}

interface Health {
  status: string;
  uptimeSeconds: number;
}

/** Healthy, and by a process that began after `since` (of `performance.now()`): the old one answers until it ends. */
export async function answersAnew(url: string, since: number): Promise<boolean> {
  const response = await fetch(`${url}/health`, {
    signal: AbortSignal.timeout(500),
    headers: { connection: 'close' },
  });
  const { status, uptimeSeconds } = (await response.json()) as Health;
  return response.ok && status === 'ok' && uptimeSeconds * 1_000 < performance.now() - since;
}
