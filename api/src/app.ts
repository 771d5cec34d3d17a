import { createBaseApp } from '@stack/service-kit/base-app';
import { addDocsRoutes } from '@stack/service-kit/docs-routes';
import { addFaultRoutes } from '@stack/service-kit/faults';
import { type HealthReport, healthEndpoint, liveEndpoint } from '@stack/service-kit/health';
import { jsonBody } from '@stack/service-kit/json-body';
import type { Logger } from '@stack/service-kit/logger';
import type { OpenApiOptions } from '@stack/service-kit/openapi';
import type { Pool } from '@stack/service-kit/postgres';
import { methodNotAllowed, ProblemError } from '@stack/service-kit/problems';
import type { DatabaseErrorKind } from '@stack/service-kit/sqlstate';
import type { Express, RequestHandler } from 'express';
import type { Faults } from './faults/faults.ts';
import type { ApiMetrics } from './metrics.ts';
import { apiProblems, databaseProblem } from './problems.ts';
import type { RequestsInFlight } from './requests-in-flight.ts';
import type { InsertQueue } from './transactions/insert-queue.ts';
import type { ReadQueue } from './transactions/read-queue.ts';
import { createHandler, getHandler, listHandler } from './transactions/transaction-handlers.ts';

export interface AppDeps {
  pool: Pool;
  inserts: InsertQueue;
  reads: ReadQueue;
  logger: Logger;
  metrics: ApiMetrics;
  inFlight: RequestsInFlight;
  /** Whether the database answers anybody at this moment. */
  isAnswering: () => boolean;
  health: () => Promise<HealthReport>;
  faults: Faults;
  faultsEnabled: boolean;
  allowedHosts?: readonly string[];
}

const bodyLimitBytes = 64 * 1024;

/** Everything that the api answers. Routes are flat on the app: their patterns are the metrics' `path` label. */
export function createApp(deps: AppDeps): Express {
  const { logger, metrics, inFlight, faults, allowedHosts = [] } = deps;
  const onDatabaseError = (kind: DatabaseErrorKind) => metrics.databaseErrors.inc({ kind });
  const mapError = (error: unknown) => databaseProblem(error, { onDatabaseError, isAnswering: deps.isAnswering });
  const onProblem = (code: string) => metrics.problems.inc({ code });
  return createBaseApp({ logger, metrics, catalogue: apiProblems, mapError, onProblem, allowedHosts }, (app) => {
    app.use(inFlight.middleware);
    addTransactionRoutes(app, deps);
    app.get('/health', ...disturbance(deps), healthEndpoint(deps.health));
    app.all('/health', methodNotAllowed('GET'));
    app.get('/health/live', liveEndpoint);
    app.all('/health/live', methodNotAllowed('GET'));
    if (deps.faultsEnabled) {
      const loadShape = async () => (await import('./faults/fault-shape.ts')).faultShape;
      addFaultRoutes(app, { loadShape, state: faults.state, momentary: ['burst'], onChange: faults.apply });
    } else app.all('/faults', refuseFaults);
    addDocsRoutes(app, { describe: describeApi });
  });
}

/** Where faults strike: inside the route, so that they are measured under its path. Without faults it costs nothing. */
const disturbance = ({ faultsEnabled, faults }: AppDeps): RequestHandler[] => (faultsEnabled ? [faults.disturb] : []);

function addTransactionRoutes(app: Express, deps: AppDeps): void {
  const sick = disturbance(deps);
  app.get('/transactions', ...sick, listHandler(deps));
  app.post('/transactions', ...sick, jsonBody(bodyLimitBytes), createHandler(deps));
  app.all('/transactions', methodNotAllowed('GET', 'POST'));
  app.get('/transactions/:id', ...sick, getHandler(deps));
  app.all('/transactions/:id', methodNotAllowed('GET'));
}

async function describeApi(): Promise<OpenApiOptions> {
  const { description, operations } = await import('./operations.ts');
  return { title: 'api', description, catalogue: apiProblems, operations };
}

const refuseFaults: RequestHandler = () => {
  throw new ProblemError('not_found', { detail: 'Faults are off. Start with FAULTS_ENABLED=true to have them.' });
};
