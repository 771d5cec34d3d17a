import express, { type Express } from 'express';
import { measureHttp } from './http-metrics.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { metricsEndpoint } from './metrics-endpoint.ts';
import { notFound, type ProblemHandlerOptions, problemHandler } from './problems.ts';
import { requestLog } from './request-log.ts';

export interface BaseAppOptions extends Omit<ProblemHandlerOptions, 'logger'> {
  logger: Logger;
  metrics: Metrics;
}

/** Paths that machines ask every few seconds. */
const probePaths = ['/metrics', '/health', '/health/live'];

/**
 * The order that every service shares: log, measure, `/metrics`, the service's own routes, 404, errors as problem+json.
 * `addRoutes` puts flat routes on the app; bodies are parsed by the routes that take one (`jsonBody`).
 */
export function createBaseApp(options: BaseAppOptions, addRoutes: (app: Express) => void): Express {
  const { logger, metrics } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag'); // hashes every body for answers that nobody caches
  app.set('query parser', 'simple');
  app.use(requestLog({ logger, quietPaths: probePaths }));
  app.use(measureHttp(metrics.registry));
  app.get('/metrics', metricsEndpoint(metrics.registry));
  addRoutes(app);
  app.use(notFound);
  app.use(problemHandler(options));
  return app;
}
