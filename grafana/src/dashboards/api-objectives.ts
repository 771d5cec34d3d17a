import { orZero } from '../promql.ts';

/** p95 latency of the API in seconds over 5 minutes, all replicas together, health checks included. */
export const apiP95 =
  'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="api"}[5m])))';

/** 5xx share from 0 to 1 over 5 minutes. Before the first 5xx that series does not exist, and then the share is 0. */
export const apiErrorShare = `${orZero('sum(rate(http_request_duration_seconds_count{job="api",status_code=~"5.."}[5m]))')} / sum(rate(http_request_duration_seconds_count{job="api"}[5m]))`;
