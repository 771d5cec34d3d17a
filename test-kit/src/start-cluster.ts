import { type ClusterOptions, type EmbeddedCluster, startEmbeddedCluster } from '@stack/db/embedded-cluster';
import { migrate } from '@stack/db/migrate';
import { createLogger } from '@stack/service-kit/logger';
import { createDatabase } from './create-database.ts';

/** Migrated once; every test database is a copy of it. Nobody connects to it: a template in use cannot be copied. */
export const templateDatabase = 'transactions_template';

export interface MigratedCluster extends EmbeddedCluster {
  /** A migrated database of its own. Resolves to its address for `role`. */
  createDatabase(name: string): Promise<void>;
}

/**
 * A PostgreSQL of one's own, for tests that kill, pause or restart it. Roles and the template are there; call
 * `createDatabase('transactions')` and then `url('transactions', 'app')`. About a second; stop it in `afterAll`.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<MigratedCluster> {
  const cluster = await startEmbeddedCluster(options);
  try {
    await createDatabase(cluster.url('postgres'), templateDatabase);
    await migrate({
      DATABASE_URL: cluster.url(templateDatabase),
      APP_DB_PASSWORD: cluster.password,
      MONITOR_DB_PASSWORD: cluster.password,
      MIGRATE_TIMEOUT_MS: 10_000,
      logger: createLogger({ service: 'test', level: 'error' }),
    });
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return Object.assign(cluster, {
    createDatabase: (name: string) => createDatabase(cluster.url('postgres'), name, templateDatabase),
  });
}
