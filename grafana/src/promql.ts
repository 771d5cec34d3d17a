/** `expr`, or 0 where it has no series. Each use says why nothing means zero there. */
export const orZero = (expr: string): string => `(${expr} or vector(0))`;

/**
 * The quantile of a classic histogram, in its unit. `>= 0` drops the NaN of a window without observations, which Grafana
 * would show as a value.
 * @param by further labels to keep, such as `path`
 */
export const quantile = (q: number, histogram: string, selector: string, window: string, by: string[] = []): string =>
  `histogram_quantile(${q}, sum by (${['le', ...by].join(', ')}) (rate(${histogram}_bucket{${selector}}[${window}]))) >= 0`;

/** The mean of a histogram over a window; nothing where nothing was observed. */
export const mean = (histogram: string, selector: string, window: string): string =>
  `sum(rate(${histogram}_sum{${selector}}[${window}])) / (sum(rate(${histogram}_count{${selector}}[${window}])) > 0)`;

/** Requests that users make, as the alerts and the objectives judge them: no health checks, no fault control. */
export const userRequests = 'path!~"/health.*|/faults"';
