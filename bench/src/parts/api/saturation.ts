import { valuesOf } from '../../interleave.ts';
import { spreadOf } from '../../statistics.ts';
import type { BurstSample } from './burst.ts';
import { type ContenderName, contenderNames } from './contenders.ts';
import type { Route } from './routes.ts';

/** Of one core. Below it the server waited for somebody else, so its requests per second are not its own limit. */
const busy = 0.9;

const medianOf = (samples: readonly BurstSample[], metric: string) => spreadOf(valuesOf(samples, metric)).median;
const percent = (share: number) => `${Math.round(share * 100)} %`;

/** A sentence for each contender that was not what limited its own bursts. */
export function saturationNotes(route: Pick<Route, 'what'>, bursts: Record<ContenderName, BurstSample[]>): string[] {
  return contenderNames.flatMap((name) => {
    const server = medianOf(bursts[name], 'serverShare');
    const others = medianOf(bursts[name], 'othersShare');
    if (server >= busy) return [];
    const generator = percent(medianOf(bursts[name], 'generatorShare'));
    const why =
      others >= busy
        ? `the core of database and load generator was full (${percent(others)}, the generator ${generator} of it)`
        : 'it waited for the database’s disk';
    return [
      `${route.what}, ${name}: the server used ${percent(server)} of its core; ${why}. Its requests/s are a lower bound.`,
    ];
  });
}
