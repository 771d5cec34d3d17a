import pg from 'pg';
import type { Logger } from './logger.ts';
import { limitQueryTime } from './query-deadline.ts';
import { classifyDatabaseError } from './sqlstate.ts';

export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;
export type Queryable = Pick<pg.Pool, 'query'>;

export interface PoolOptions {
  connectionString: string;
  /** Shown in pg_stat_activity: who holds this connection. */
  applicationName: string;
  logger: Logger;
  /** 10 is right for one or two cores: 4, 10 and 20 measured within noise of each other. */
  max?: number;
  /** Covers both a server that does not answer and a pool with no free connection. pg's own default waits for ever. */
  connectTimeoutMs?: number;
  /** The server cancels a statement after this long. */
  statementTimeoutMs?: number;
  /** The client gives up on a server that hangs (paused, network gone): a little longer than the server's own limit. */
  queryTimeoutMs?: number;
  /** The server ends a session that holds a transaction open without a statement for this long: frees its row locks. */
  idleInTransactionTimeoutMs?: number;
  /** Hears how long each statement took, without the wait for a connection. */
  onAnswered?: (ms: number) => void;
}

/** timestamptz comes as text and leaves as text: `2026-11-22 10:00:00.5+00` → `2026-11-22T10:00:00.5Z`. Needs TimeZone=UTC. */
export function toIsoTimestamp(value: string): string {
  return value.endsWith('+00') ? `${value.slice(0, 10)}T${value.slice(11, -3)}Z` : value;
}

const TIMESTAMPTZ_OID = 1184;

/** Parsing every timestamp into a Date only to print it again is half the cost of a list (measured: 0.55–0.60 of it remains). */
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === TIMESTAMPTZ_OID && format !== 'binary' ? toIsoTimestamp : pg.types.getTypeParser(oid, format as 'text'),
} as pg.CustomTypesConfig;

/**
 * A pool that survives its server. Both error listeners are there, on the pool for idle clients and on each client:
 * without them a database restart ends the process (57P01). Sessions are UTC; `timestamptz` arrives as an ISO 8601 string.
 */
export function createPool(options: PoolOptions): Pool {
  const { logger, statementTimeoutMs = 3_000, idleInTransactionTimeoutMs = 10_000 } = options;
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    application_name: options.applicationName,
    max: options.max ?? 10,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 2_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    options: `-c timezone=UTC -c statement_timeout=${statementTimeoutMs} -c idle_in_transaction_session_timeout=${idleInTransactionTimeoutMs}`,
    types,
  });
  const onError = (err: Error) => logger.warn({ err }, 'lost a database connection');
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', onError));
  limitQueryTime(pool, options.queryTimeoutMs ?? statementTimeoutMs + 500, options.onAnswered);
  return pool;
}

/**
 * Lends a client inside a transaction: commits what `work` resolves, rolls back what it throws. A client whose rollback
 * fails is destroyed rather than given back with an open transaction.
 */
export async function withTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    broken = await rollBack(client, error as Error);
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Resolves to the reason why the client must be destroyed, or to nothing when it is clean again. */
async function rollBack(client: PoolClient, cause: Error): Promise<Error | undefined> {
  const answersNoMore = classifyDatabaseError(cause) === 'unavailable' || /read timeout/i.test(cause.message);
  if (answersNoMore) return cause; // a ROLLBACK would only wait behind the statement that hangs
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

export type PoolState = 'total' | 'idle' | 'waiting';
export const poolStates: readonly PoolState[] = ['total', 'idle', 'waiting'];

/**
 * The pool's connections as they are now, for a gauge. A request that finds an idle connection is in pg's queue until the
 * next tick: that is no waiting.
 */
export const poolConnections = (pool: Pool): Record<PoolState, number> => ({
  total: pool.totalCount,
  idle: pool.idleCount,
  waiting: Math.max(0, pool.waitingCount - pool.idleCount),
});
