import type { TargetParts } from '../../targets/target-name.ts';
import { isClone } from './compose-labels.ts';
import { targetOfContainer } from './container-target.ts';
import type { ContainerEvent } from './engine-types.ts';

/** What was made and removed a moment ago: an updater, or compose, is at work there and may not have finished. */
export interface RecentChanges {
  take(event: ContainerEvent): void;
  /** In words. */
  of(target: TargetParts): string | undefined;
}

interface Change {
  madeAt?: number;
  removedAt?: number;
}

/** A container is made and another one removed so close together when it is replaced. */
const togetherMs = 120_000;
/** So long after the last of both the target is left to who did it. */
const patienceMs = 60_000;
const maxRemembered = 2_000;

const keyOf = ({ project, service }: TargetParts): string => `${project}/${service}`;

/** @param now milliseconds since the epoch, compared with the engine's times */
export function createRecentChanges(now: () => number): RecentChanges {
  const changes = new Map<string, Change>();
  return {
    take: (event) => {
      if (event.action !== 'create' && event.action !== 'destroy') return;
      const { labels = {}, name = '' } = event;
      const parts = targetOfContainer(labels, name, '');
      if (!parts || isClone(labels)) return; // a clone is our own doing
      const target = keyOf(parts);
      const at = Number(event.timeNano / 1_000_000n);
      const before = changes.get(target) ?? {};
      changes.delete(target);
      changes.set(target, event.action === 'create' ? { ...before, madeAt: at } : { ...before, removedAt: at });
      const [oldest] = changes.keys();
      if (changes.size > maxRemembered && oldest !== undefined) changes.delete(oldest);
    },
    of: (target) => {
      const { madeAt, removedAt } = changes.get(keyOf(target)) ?? {};
      if (madeAt === undefined || removedAt === undefined || Math.abs(madeAt - removedAt) > togetherMs)
        return undefined;
      const ageMs = now() - Math.max(madeAt, removedAt);
      if (ageMs < 0 || ageMs >= patienceMs) return undefined;
      return `a container was replaced ${Math.round(ageMs / 1_000)} s ago`;
    },
  };
}
