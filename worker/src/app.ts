import { createBaseApp } from '@stack/service-kit/base-app';
import { addFaultRoutes } from '@stack/service-kit/faults';
import { type HealthReport, healthEndpoint, liveEndpoint } from '@stack/service-kit/health';
import type { Logger } from '@stack/service-kit/logger';
import type { Metrics } from '@stack/service-kit/metrics';
import { commonProblems } from '@stack/service-kit/problems';
import type { Express } from 'express';
import type { Faults } from './faults.ts';

export interface AppDeps {
  logger: Logger;
  metrics: Metrics;
  health: () => Promise<HealthReport>;
  faults: Faults;
  faultsEnabled: boolean;
  allowedHosts?: readonly string[];
  /** Ends the process as a bug would. */
  crash: () => void;
}

/** `/health`, `/health/live`, `/metrics` and, where they are enabled, `/faults`. */
export function createApp({
  logger,
  metrics,
  health,
  faults,
  faultsEnabled,
  allowedHosts = [],
  crash,
}: AppDeps): Express {
  return createBaseApp({ logger, metrics, catalogue: commonProblems, allowedHosts }, (app) => {
    app.get('/health', healthEndpoint(health));
    app.get('/health/live', liveEndpoint);
    if (!faultsEnabled) return;
    addFaultRoutes(app, {
      loadShape: async () => (await import('./fault-shape.ts')).faultShape,
      state: faults.state,
      onChange: (active) => {
        logger.warn({ active }, 'faults changed');
        faults.apply(active);
        if (active.crash) crash();
      },
    });
  });
}
