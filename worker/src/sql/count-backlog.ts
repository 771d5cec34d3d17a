import type { Queryable } from '@stack/service-kit/postgres';

/** Counting stops here, some 0.3 s in: a backlog that is too long to be counted in time must not look like none. */
const countLimit = 1_000_000;

export interface Backlog {
  /** At most a million. */
  pending: number;
  /** Age of the oldest pending transaction by the database's clock; 0 when there is none. */
  oldestAgeSeconds: number;
}

const statement = {
  text: `SELECT
           (SELECT count(*)::int FROM (SELECT FROM transactions WHERE status = 'pending' LIMIT ${countLimit}) AS pending) AS pending,
           coalesce((SELECT greatest(extract(epoch FROM now() - created_at), 0)::float8 FROM transactions
                     WHERE status = 'pending' ORDER BY created_at, id LIMIT 1), 0) AS age`,
  query_timeout: 900, // a scrape waits one second
};

/** Index-only scan of the partial index on pending rows, and its first entry; locks nothing, counts claimed rows too. */
export async function countBacklog(pool: Queryable): Promise<Backlog> {
  const { rows } = await pool.query(statement);
  return { pending: rows[0].pending, oldestAgeSeconds: rows[0].age };
}
