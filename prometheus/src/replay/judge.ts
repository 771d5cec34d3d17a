import { parseDuration } from '../durations.ts';

/** One series of a range query: the moments at which an alert's expression had a result, in seconds. */
export interface Moments {
  labels: Readonly<Record<string, string>>;
  at: readonly number[];
}

export interface Firing {
  alert: string;
  labels: Readonly<Record<string, string>>;
  /** When it began to fire, and its last evaluation with a result. */
  from: number;
  to: number;
}

/**
 * When an alert fires: where its expression has had a result at each evaluation for so long as its `for` says. While Prometheus is
 * stopped nothing is evaluated, and afterwards `for` begins again.
 */
export function firings(
  { alert, for: hold = '0s' }: { alert: string; for?: string },
  stepSeconds: number,
  series: readonly Moments[],
  stops: readonly { from: number; to: number }[] = [],
): Firing[] {
  const steps = Math.ceil(parseDuration(hold) / 1_000 / stepSeconds);
  const isStopped = (moment: number) => stops.some(({ from, to }) => moment >= from && moment < to);
  return series.flatMap(({ labels, at }) => {
    const runs: { first: number; last: number }[] = [];
    for (const moment of at) {
      if (isStopped(moment)) continue;
      const run = runs.at(-1);
      if (run && moment - run.last <= stepSeconds) run.last = moment;
      else runs.push({ first: moment, last: moment });
    }
    return runs
      .map(({ first, last }) => ({ alert, labels, from: first + steps * stepSeconds, to: last }))
      .filter(({ from, to }) => from <= to);
  });
}
