import type { ScaleChange } from '../runtime.ts';
import { isClone } from './compose-labels.ts';
import type { ContainerInspect } from './engine-types.ts';

/**
 * Why a service cannot be brought from `from` to `to` replicas, seen from those it has; undefined when it can. A number between
 * the two is our own doing, cut short, as far as the replicas in question are clones of ours.
 */
export function findCountConflict(
  replicas: readonly ContainerInspect[],
  { from, to }: ScaleChange,
): string | undefined {
  const count = replicas.length;
  if (count === from || count === to) return undefined;
  const isOnTheWay = count > Math.min(from, to) && count < Math.max(from, to);
  if (!isOnTheWay) return `neither the ${from} that it had nor the ${to} that it should get`;
  const clones = replicas.filter(({ Config }) => isClone(Config.Labels)).length;
  const surplus = count - Math.min(from, to);
  return clones >= surplus ? undefined : `the bot did not add those beyond ${Math.min(from, to)}`;
}
