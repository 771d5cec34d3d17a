import { breakApi } from './faults.ts';
import { requestJson } from './http-json.ts';
import type { Stack } from './stack.ts';

/**
 * A cause outside the process: whenever the API comes back it is slow again, before it gets its first request. A few fast ones in between
 * would be a repair that helped, if only for a moment. Setting a fault anew would end the waits of the old one, so it is done once. For
 * `mayBeSent` of the traffic.
 */
export function keepApiSlow(stack: Stack): () => Promise<boolean> {
  let looking: Promise<boolean> | undefined;
  const look = async () => {
    const { body } = await requestJson<{ active: { latencyMs?: number } }>(`${stack.api}/faults`, { timeoutMs: 1_000 });
    if (!body.active.latencyMs) await breakApi(stack, { latencyMs: 400 });
    return true;
  };
  return () => {
    looking ??= look()
      .catch(() => false)
      .finally(() => {
        looking = undefined;
      });
    return looking;
  };
}
