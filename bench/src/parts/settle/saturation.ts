import { valuesOf } from '../../interleave.ts';
import { spreadOf } from '../../statistics.ts';
import type { DrainSample } from './drain.ts';

/** Of all cores. The rest is the bench itself, the disk's and the kernel's. */
const busy = 0.85;

const percent = (share: number) => `${Math.round(share * 100)} %`;

/** A sentence for each contender that left no core free: more replicas would not have been faster. */
export function saturationNotes(samples: Record<string, readonly DrainSample[]>): string[] {
  return Object.entries(samples).flatMap(([name, own]) => {
    const median = (metric: keyof DrainSample) => spreadOf(valuesOf(own, metric)).median;
    const share = median('busyShare');
    if (share < busy) return [];
    const database = median('databaseMicros') / (median('databaseMicros') + median('replicaMicros'));
    return [
      `${name}: the machine was saturated, ${percent(share)} of all cores, ${percent(database)} of that the database.`,
    ];
  });
}
