import type { ContainerEvent } from './engine-types.ts';

/** More than the engine tells again after a lost connection. */
const maxRemembered = 4_096;

/** @returns whether the event is heard for the first time; a repeated one has the same time to the nanosecond */
export function createSeenEvents(): (event: ContainerEvent) => boolean {
  const seen = new Set<string>();
  return ({ id, action, timeNano, signal }) => {
    if (timeNano === 0n) return true; // an engine without times
    const key = `${id} ${action} ${timeNano} ${signal ?? ''}`;
    if (seen.has(key)) return false;
    seen.add(key);
    const [oldest] = seen;
    if (seen.size > maxRemembered && oldest !== undefined) seen.delete(oldest);
    return true;
  };
}
