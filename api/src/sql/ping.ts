import type { Queryable } from '@stack/service-kit/postgres';

/** One round trip; takes a connection of the pool on purpose: a pool with none left is not healthy. */
export const ping = async (pool: Queryable): Promise<void> =>
  void (await pool.query({ name: 'ping', text: 'SELECT 1' }));
