import type { Queryable } from '@stack/service-kit/postgres';

/** Just below the second that a health check may take: a hanging database must not collect a connection per probe. */
const ping = { text: 'SELECT 1', query_timeout: 900 };

/** Resolves when the database answers in time. @throws the database's error */
export async function pingDatabase(pool: Queryable): Promise<void> {
  await pool.query(ping);
}
