import express, { type Express } from 'express';
import { requireAllowedHost } from './allowed-hosts.ts';
import { refuseForeignPages } from './foreign-pages.ts';
import { measureHttp } from './http-metrics.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { metricsEndpoint } from './metrics-endpoint.ts';
import { notFound, type ProblemHandlerOptions, problemHandler } from './problems.ts';
import { requestLog } from './request-log.ts';
import { scopeRequest } from './request-scope.ts';
import { securityHeaders } from './security-headers.ts';

export interface BaseAppOptions extends Omit<ProblemHandlerOptions, 'logger'> {
  logger: Logger;
  metrics: Metrics;
  /** Names that this service may be asked by, besides those that need not be listed: allowed-hosts.ts. */
  allowedHosts?: readonly string[];
  /** Where browsers reach this service through a reverse proxy, as their `Origin` header says it. Its host is allowed too. */
  publicOrigin?: string | undefined;
}

/** Paths that machines ask every few seconds. */
const probePaths = ['/metrics', '/health', '/health/live'];

/**
 * The order that every service shares: log, measure, `/metrics`, who may ask, the service's own routes, 404, errors as problem+json.
 * `addRoutes` puts flat routes on the app; bodies are parsed by the routes that take one (`jsonBody`).
 */
export function createBaseApp(options: BaseAppOptions, addRoutes: (app: Express) => void): Express {
  const { logger, metrics } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag'); // hashes every body for answers that nobody caches
  app.set('query parser', 'simple');
  const answerProblem = problemHandler(options);
  app.use(scopeRequest({ answer: answerProblem, onEscape: () => metrics.escapedErrors.inc() }));
  app.use(requestLog({ logger, quietPaths: probePaths }));
  app.use(measureHttp(metrics.registry));
  app.use(securityHeaders);
  app.get('/metrics', metricsEndpoint(metrics.registry));
  const { allowedHosts = [], publicOrigin } = options;
  const hosts = publicOrigin === undefined ? allowedHosts : [...allowedHosts, new URL(publicOrigin).hostname];
  app.use(requireAllowedHost(hosts, probePaths), refuseForeignPages(publicOrigin));
  addRoutes(app);
  app.use(notFound);
  app.use(answerProblem);
  return app;
}
