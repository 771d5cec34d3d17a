import { createPool, type Pool } from '@stack/service-kit/postgres';
import { createTestDatabase } from '@stack/test-kit/test-database';
import { simulateTransactions } from '../../src/simulate-transactions.ts';
import { insertPending } from '../../src/sql/insert-pending.ts';
import { createTestLogger } from './loop-harness.ts';

export interface WorkerDatabase {
  url: string;
  pool: Pool;
  /** Another pool on the same database, as another replica would have. */
  openPool(): Pool;
  /** Rows by status, and what the ledger says about them. */
  ledger(): Promise<Ledger>;
  /** Runs one statement as the owner: arrangements that the worker's role may not make. */
  asOwner(statement: string, values?: unknown[]): Promise<unknown>;
  /** Ends the sessions of this application name, as a failing server would. */
  terminate(applicationName: string): Promise<void>;
  close(): Promise<void>;
}

export interface Ledger {
  pending: number;
  settled: number;
  failed: number;
  settlements: number;
  /** Finished rows without an entry of the same outcome, and entries of pending rows: always 0. */
  contradictions: number;
}

/** A migrated database of its own, empty. */
export async function openWorkerDatabase(): Promise<WorkerDatabase> {
  const { url, drop, query } = await createTestDatabase();
  const pools: Pool[] = [];
  const openPool = () => {
    const pool = createPool({
      connectionString: url,
      applicationName: 'worker-test',
      logger: createTestLogger().logger,
    });
    pools.push(pool);
    return pool;
  };
  const pool = openPool();
  return {
    url,
    pool,
    openPool,
    ledger: () => readLedger(pool),
    asOwner: query,
    terminate: async (applicationName) => {
      await query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
        applicationName,
      ]);
    },
    close: async () => {
      await Promise.all(pools.map((each) => each.end()));
      await drop();
    },
  };
}

export async function readLedger(pool: Pool): Promise<Ledger> {
  const { rows } = await pool.query(`
    SELECT count(*) FILTER (WHERE status = 'pending')::int AS pending,
           count(*) FILTER (WHERE status = 'settled')::int AS settled,
           count(*) FILTER (WHERE status = 'failed')::int AS failed,
           count(outcome)::int AS settlements,
           count(*) FILTER (WHERE coalesce(outcome, 'pending') <> status)::int AS contradictions
    FROM transactions LEFT JOIN settlements ON transaction_id = id`);
  return rows[0];
}

export const insertBacklog = (pool: Pool, count: number) =>
  insertPending(pool, simulateTransactions(count, Math.random));
