import { createHealth, type HealthReport } from '@stack/service-kit/health';
import type { Pool } from '@stack/service-kit/postgres';
import { classifyDatabaseError } from '@stack/service-kit/sqlstate';
import type { ApiMetrics } from './metrics.ts';
import { ping } from './sql/ping.ts';

/** The answer has to leave within a second, so the check gives up a little earlier. */
const healthTimeoutMs = 800;

/** Asks through the pool, as every request does: a pool with no connection left is not healthy either. */
export function createDatabaseHealth(
  pool: Pool,
  metrics: Pick<ApiMetrics, 'databaseUp' | 'databaseErrors'>,
): () => Promise<HealthReport> {
  const database = () =>
    ping(pool).catch((error: unknown) => {
      metrics.databaseErrors.inc({ kind: classifyDatabaseError(error) });
      throw error;
    });
  const health = createHealth({ database }, healthTimeoutMs);
  return async () => {
    const report = await health();
    metrics.databaseUp.set(report.status === 'ok' ? 1 : 0);
    return report;
  };
}
