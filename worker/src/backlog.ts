import type { Clock } from '@stack/service-kit/clock';
import type { Queryable } from '@stack/service-kit/postgres';
import { type Backlog, countBacklog } from './sql/count-backlog.ts';

export type BacklogReader = () => Promise<Backlog>;

/** Two gauges ask the same question at each scrape: one answer serves both, and a second Prometheus too. */
const maxAgeMs = 1_000;

/**
 * Reads the backlog at most once a second and never twice at the same time, so that scrapes cannot pile up on a database
 * that hangs. A failure is not remembered: whoever asks next tries again.
 */
export function createBacklogReader(pool: Queryable, clock: Clock): BacklogReader {
  let underWay: Promise<Backlog> | undefined;
  let last: { backlog: Backlog; at: number } | undefined;
  const read = async () => {
    const backlog = await countBacklog(pool);
    last = { backlog, at: clock.now() };
    return backlog;
  };
  return async () => {
    if (last && Math.abs(clock.now() - last.at) < maxAgeMs) return last.backlog;
    underWay ??= read().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}
