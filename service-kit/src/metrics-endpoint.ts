import type { RequestHandler } from 'express';
import type { Registry } from 'prom-client';

/** `GET /metrics` in the text format. One failing collector cannot break it: collected gauges are guarded in metrics.ts. */
export function metricsEndpoint(registry: Registry): RequestHandler {
  return async (_req, res) => {
    const body = await registry.metrics();
    res.setHeader('content-type', registry.contentType);
    res.end(body);
  };
}
