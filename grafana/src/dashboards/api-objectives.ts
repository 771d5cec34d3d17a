import { orZero, quantile, userRequests } from '../promql.ts';

const users = `job="api",${userRequests}`;
const count = (extra: string) => `sum(rate(http_request_duration_seconds_count{${users}${extra}}[$interval]))`;

/** p95 latency of what users ask, in seconds, all replicas together: the series that APIHighLatency judges. */
export const apiP95 = quantile(0.95, 'http_request_duration_seconds', users, '$interval');

/**
 * 5xx share of what users ask, from 0 to 1: what APIErrorRateHigh judges. Before the first 5xx that series does not exist, and then
 * the share is 0; without requests there is no share.
 */
export const apiErrorShare = `${orZero(count(',status_code=~"5.."'))} / (${count('')} > 0)`;

/** The same two over everything that the API answers, health checks included, in five minutes. */
export const allRoutesP95 =
  'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="api"}[5m])))';
export const allRoutesErrorShare = `${orZero('sum(rate(http_request_duration_seconds_count{job="api",status_code=~"5.."}[5m]))')} / sum(rate(http_request_duration_seconds_count{job="api"}[5m]))`;
