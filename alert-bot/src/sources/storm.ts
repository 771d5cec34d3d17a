import type { Alert } from '../alerts/alert.ts';
import { fingerprintOf } from '../alerts/fingerprint.ts';
import { manyLabels } from './engine-alerts.ts';
import type { Condition } from './find-conditions.ts';

/** Many containers that turn unhealthy at once have one cause, and a person should hear of that and not of each of them. */
export interface Storm {
  /** So many containers have turned unhealthy just now. */
  begun(count: number, now: number): void;
  /** Whether there is a storm, once it has settled and can be counted. One that was told lasts while many are unhealthy. */
  look(state: { unhealthy: number; isTold: boolean; now: number }): Condition | 'over' | 'unsettled';
}

/** As many within the window are no coincidence. */
const many = 10;
const windowMs = 10_000;
/** Nothing was added for so long: then it is counted. */
const settledMs = 2_000;

export const stormFingerprint = fingerprintOf(manyLabels);

export function createStorm(): Storm {
  let recent: { at: number; count: number }[] = [];
  return {
    begun: (count, at) => void recent.push({ at, count }),
    look: ({ unhealthy, isTold, now }) => {
      recent = recent.filter(({ at }) => Math.abs(now - at) < windowMs);
      if (isTold) return unhealthy < many ? 'over' : 'unsettled';
      const [first] = recent;
      const last = recent.at(-1);
      const count = recent.reduce((sum, one) => sum + one.count, 0);
      if (count < many || !first || !last) return 'over';
      const isSettled = now - last.at >= settledMs || now - first.at >= windowMs - settledMs;
      return isSettled ? { since: first.at, summary: describe(count) } : 'over';
    },
  };
}

const describe = (count: number): string =>
  `${count} containers turned unhealthy at the same time. Look for one cause before you look at each of them: the host, its ` +
  'disk or network, or something that all of them need. The bot repairs no more of them than its budget allows.';

export const stormAlert = ({ since: startsAt, summary }: Condition): Alert => ({
  ...{ status: 'firing', labels: manyLabels, annotations: { summary }, startsAt },
  ...{ startsAtMissing: false, fingerprint: stormFingerprint },
});
