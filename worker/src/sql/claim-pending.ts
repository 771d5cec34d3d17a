import type { Queryable } from '@stack/service-kit/postgres';

export interface ClaimOptions {
  /** A whole number: it is written into the statement. */
  limit: number;
  /** The server ends the session, and frees the rows, when the transaction is idle for longer than this. */
  maxHoldMs: number;
}

/**
 * Locks the oldest pending rows until the end of the transaction and resolves to their ids. Call it inside one.
 *
 * SKIP LOCKED: replicas take different rows and never wait for each other. A row that another replica settled between
 * our snapshot and our lock is looked at again by PostgreSQL and left out, so none is claimed twice. The lock is the
 * claim: no column to reset when a worker dies. A worker that is paused, or cut off, while it holds rows would keep them
 * as long as its connection seems alive: hence idle_in_transaction_session_timeout, just above the time it needs.
 *
 * The LIMIT is literal: with LIMIT $1 a prepared statement can turn to a generic plan that reads the whole table.
 */
export async function claimPending(client: Queryable, { limit, maxHoldMs }: ClaimOptions): Promise<string[]> {
  await client.query(`SET LOCAL idle_in_transaction_session_timeout = ${Math.ceil(maxHoldMs)}`);
  const { rows } = await client.query(
    `SELECT string_agg(id::text, ',') AS ids FROM (
       SELECT id FROM transactions WHERE status = 'pending'
       ORDER BY created_at, id LIMIT ${Math.trunc(limit)} FOR UPDATE SKIP LOCKED) AS claimed`,
  );
  return rows[0].ids === null ? [] : rows[0].ids.split(',');
}
