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

/** Two scrapes and a bit, as in the alerts. */
const now = '11s';
/** Series that come and go with replicas, where they are read without a window. */
const ofReplicas =
  /(?<![\w:])((?:up|(?:api|worker|alertbot|process|nodejs|container)_\w+)(?:\{(?:"[^"]*"|[^}"])*\})?)(?![\w{(:]|\s*\[)/g;

/**
 * `expr` with the last word of a replica counting for two scrapes, not for five minutes: after a restart of Prometheus, which marks
 * nothing as gone, replicas that were removed meanwhile would be drawn, counted and called down.
 */
export const asOfNow = (expr: string): string => expr.replaceAll(ofReplicas, `last_over_time($1[${now}])`);
