import type { Request, RequestHandler } from 'express';
import promBundle from 'express-prom-bundle';
import type { Registry } from 'prom-client';

/** Seconds. 0.2 is the latency objective: the rule is exact only with a boundary there. */
export const httpDurationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10];

const commonMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The route's pattern, never the raw URL: the label set stays bounded whatever clients ask for. */
export const routePattern = (req: Request): string => {
  const path: unknown = req.route?.path;
  return typeof path === 'string' ? path : 'unmatched';
};

/**
 * `http_request_duration_seconds{method,path,status_code}`; a client that went away before the answer is status 499.
 * Routes must be flat on the app: a nested router loses its prefix in the pattern. `/metrics` itself is not measured.
 */
export function measureHttp(registry: Registry): RequestHandler {
  return promBundle({
    autoregister: false, // its own /metrics turns a failing collector into an unhandled rejection
    includeMethod: true,
    includePath: true,
    includeUp: false, // the name `up` belongs to Prometheus
    promRegistry: registry,
    buckets: httpDurationBuckets,
    normalizePath: routePattern as never,
    transformLabels: (labels) => {
      if (!commonMethods.has(String(labels['method']))) labels['method'] = 'other';
    },
    bypass: (req) => req.path === '/metrics',
  });
}
