import { randomBytes } from 'node:crypto';
import { withAdmin } from '@stack/db/with-admin';
import pg from 'pg';
import { inject } from 'vitest';
import { createDatabase } from './create-database.ts';
import { eventually } from './eventually.ts';
import { askRunServer, type ClusterAddress } from './run-server.ts';

export interface TestDatabase {
  name: string;
  /** As the services connect: role `app`, which may not change more than they do. */
  url: string;
  /** As the owner of everything: for backdating rows and other arrangements. */
  adminUrl: string;
  /** As postgres-exporter and Grafana connect: role `monitor`. */
  monitorUrl: string;
  /** Runs one statement as the owner. */
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /**
   * Drops the database, also when connections to it are still open. With KEEP_TEST_DB=1 it stays.
   * @throws Error that lists the connections that were left open: a leak fails the test
   */
  drop(): Promise<void>;
}

/** A migrated, empty database of its own on the run's PostgreSQL: a copy, made in some 20 ms. Call `drop` in `afterAll`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { adminUrl: clusterUrl, template } = await askRunServer<ClusterAddress>(inject('runServerUrl'), 'cluster');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await createDatabase(clusterUrl, name, template);
  const urlFor = (role: string) => databaseUrl(clusterUrl, name, role);
  let owner: Promise<pg.Client> | undefined;
  return {
    name,
    url: urlFor('app'),
    adminUrl: urlFor('postgres'),
    monitorUrl: urlFor('monitor'),
    query: async (text, values) => {
      owner ??= connect(urlFor('postgres'));
      return (await (await owner).query(text, values)).rows;
    },
    drop: async () => {
      await (await owner)?.end();
      if (process.env['KEEP_TEST_DB'] !== '1')
        await withAdmin(clusterUrl, (client) => dropAndReportLeaks(client, name));
      else process.stderr.write(`\nKEEP_TEST_DB: this test file used the database ${name}\n`);
    },
  };
}

function databaseUrl(clusterUrl: string, name: string, role: string): string {
  const url = new URL(clusterUrl);
  url.username = role;
  url.pathname = name;
  return url.href;
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, application_name: 'test-kit' });
  await client.connect();
  return client;
}

async function dropAndReportLeaks(client: pg.Client, name: string): Promise<void> {
  // a connection that was closed leaves the server's list a moment later
  await eventually(async () => (await openConnections(client, name)).length === 0, { timeoutMs: 2_000 }).catch(
    () => undefined,
  );
  const leaks = await openConnections(client, name);
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  if (leaks.length > 0)
    throw new Error(`connections were left open; end their pools before drop():\n  ${leaks.join('\n  ')}`);
}

async function openConnections(client: pg.Client, name: string): Promise<string[]> {
  const { rows } = await client.query<{ leak: string }>(
    `SELECT format('%s as %s, %s, last statement: %s', nullif(application_name, ''), usename, state, left(query, 120)) AS leak
     FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'`,
    [name],
  );
  return rows.map(({ leak }) => leak);
}
