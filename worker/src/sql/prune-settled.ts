import type { Queryable } from '@stack/service-kit/postgres';

export interface PruneOptions {
  olderThanHours: number;
  /** A whole number: it is written into the statement. */
  limit: number;
}

/**
 * Deletes up to `limit` settled (or failed) rows whose settlement is older than that, oldest first, with their ledger
 * entries; resolves to their number. Pending rows are never touched. SKIP LOCKED: replicas prune side by side.
 */
export async function pruneSettled(pool: Queryable, { olderThanHours, limit }: PruneOptions): Promise<number> {
  const { rowCount } = await pool.query(
    `DELETE FROM transactions WHERE id = ANY (ARRAY(
       SELECT id FROM transactions
       WHERE status <> 'pending' AND settled_at < now() - make_interval(hours => $1)
       ORDER BY settled_at LIMIT ${Math.trunc(limit)} FOR UPDATE SKIP LOCKED))`,
    [olderThanHours],
  );
  return rowCount ?? 0;
}
