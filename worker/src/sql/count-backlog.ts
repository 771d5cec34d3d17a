import type { Queryable } from '@stack/service-kit/postgres';

export interface Backlog {
  pending: number;
  /** Age of the oldest pending transaction by the database's clock; 0 when there is none. */
  oldestAgeSeconds: number;
}

const statement = {
  text: `SELECT count(*)::int AS pending,
                coalesce(greatest(extract(epoch FROM now() - min(created_at)), 0), 0)::float8 AS age
         FROM transactions WHERE status = 'pending'`,
  query_timeout: 900, // a scrape waits one second
};

/** One index-only scan of the partial index on pending rows; locks nothing, counts claimed rows as pending. */
export async function countBacklog(pool: Queryable): Promise<Backlog> {
  const { rows } = await pool.query(statement);
  return { pending: rows[0].pending, oldestAgeSeconds: rows[0].age };
}
