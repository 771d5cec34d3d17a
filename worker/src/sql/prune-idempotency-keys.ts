import type { Queryable } from '@stack/service-kit/postgres';
import type { PruneOptions } from './prune-settled.ts';

/**
 * Deletes up to `limit` Idempotency-Keys older than that, oldest first; resolves to their number. SKIP LOCKED: a key that
 * a request is using at this moment is left for the next time.
 */
export async function pruneIdempotencyKeys(pool: Queryable, { olderThanHours, limit }: PruneOptions): Promise<number> {
  const { rowCount } = await pool.query(
    `DELETE FROM idempotency_keys WHERE key = ANY (ARRAY(
       SELECT key FROM idempotency_keys
       WHERE created_at < now() - make_interval(hours => $1)
       ORDER BY created_at LIMIT ${Math.trunc(limit)} FOR UPDATE SKIP LOCKED))`,
    [olderThanHours],
  );
  return rowCount ?? 0;
}
