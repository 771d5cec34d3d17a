import type { Logger } from '@stack/service-kit/logger';
import { createPool, type PoolClient } from '@stack/service-kit/postgres';
import { tryGeneratorLock } from './sql/try-generator-lock.ts';

export interface GeneratorLease {
  /** True while this replica's session holds the lock, as far as it knows. */
  held(): boolean;
  /**
   * Takes the lock if it is free, or tells the server that its holder lives. Resolves to whether this replica holds it.
   * @throws the database's error
   */
  acquire(): Promise<boolean>;
  /**
   * Runs `work` on the very session that holds the lock: when the session is gone the work fails, so that two replicas
   * can never generate at once. Any error gives the lock up.
   */
  withSession<T>(work: (session: PoolClient) => Promise<T>): Promise<T>;
  release(): Promise<void>;
}

export interface GeneratorLeaseOptions {
  connectionString: string;
  applicationName: string;
  logger: Logger;
  /** The server ends the session, and with it the lock, after this long without a word from the holder. */
  leaseMs: number;
}

/**
 * A session-level advisory lock on a connection of its own. A holder that dies loses it at once: its socket closes. A
 * holder that is paused, or whose network is gone, loses it after `leaseMs` by the server's idle_session_timeout, so the
 * holder must call `acquire` more often than that.
 */
export function createGeneratorLease(options: GeneratorLeaseOptions): GeneratorLease {
  const { leaseMs, ...connection } = options;
  const pool = createPool({ ...connection, max: 1 });
  let session: PoolClient | undefined;
  let isHeld = false;

  const forget = (client: PoolClient) => {
    if (session !== client) return;
    session = undefined;
    isHeld = false;
    client.release(true); // destroys the connection: the server frees the lock
  };
  const open = async (): Promise<PoolClient> => {
    const client = await pool.connect();
    session = client;
    for (const event of ['error', 'end'] as const) client.once(event, () => forget(client));
    return client;
  };
  const withSession: GeneratorLease['withSession'] = async (work) => {
    const isNew = session === undefined;
    const client = session ?? (await open());
    try {
      if (isNew) await client.query(`SET idle_session_timeout = ${leaseMs}`);
      return await work(client);
    } catch (error) {
      forget(client);
      throw error;
    }
  };
  const acquire = () =>
    withSession(async (client) => {
      if (isHeld) await client.query('SELECT 1');
      else isHeld = await tryGeneratorLock(client);
      return isHeld;
    });
  return {
    held: () => isHeld,
    acquire,
    withSession,
    release: async () => {
      if (session) forget(session);
      await pool.end();
    },
  };
}
