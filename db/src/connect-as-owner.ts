import type { Logger } from '@stack/service-kit/logger';
import type pg from 'pg';
import { type ConnectOptions, connectWithRetry } from './connect-with-retry.ts';
import { keepOutOfServerLog } from './ensure-roles.ts';

export interface OwnerOptions {
  /** With the password that the owner is to have. */
  DATABASE_URL: string;
  /** The one that the volume may still have. */
  OLD_POSTGRES_PASSWORD?: string | undefined;
  MIGRATE_TIMEOUT_MS: number;
  logger: Logger;
}

/**
 * A session of the owner. A volume keeps the password that it was made with, whatever the container is told later: when the new one is
 * refused, the old one logs in and is replaced.
 * @throws Error that says how to give the old password when there is none, or when it is refused too
 */
export async function connectAsOwner(options: OwnerOptions): Promise<pg.Client> {
  const { DATABASE_URL, OLD_POSTGRES_PASSWORD: old, MIGRATE_TIMEOUT_MS: timeoutMs, logger } = options;
  const connect = (connectionString: string) => connectWithRetry({ connectionString, timeoutMs, logger });
  try {
    return await connect(DATABASE_URL);
  } catch (error) {
    if (!isWrongPassword(error)) throw error;
    if (old === undefined) throw new Error(`${(error as Error).message}. ${remedy}`, { cause: error });
    await replacePassword({ connectionString: withPassword(DATABASE_URL, old), timeoutMs, logger }, DATABASE_URL);
    return connect(DATABASE_URL);
  }
}

const remedy =
  'The volume keeps the password that it was made with. To change it, say the old one once: OLD_POSTGRES_PASSWORD=… docker compose up -d (with the same -f options)';

async function replacePassword(options: ConnectOptions, wanted: string): Promise<void> {
  const client = await connectWithRetry(options).catch((error) => {
    if (!isWrongPassword(error)) throw error;
    throw new Error(`${(error as Error).message}, with OLD_POSTGRES_PASSWORD too`, { cause: error });
  });
  try {
    await client.query(keepOutOfServerLog); // the next statement carries the password
    const password = client.escapeLiteral(decodeURIComponent(new URL(wanted).password));
    await client.query(`ALTER ROLE CURRENT_USER PASSWORD ${password}`);
    options.logger.info('the owner of the database has its new password');
  } finally {
    await client.end();
  }
}

function withPassword(address: string, password: string): string {
  const url = new URL(address);
  url.password = encodeURIComponent(password);
  return url.href;
}

/** The server's word, which connectWithRetry wraps. */
const isWrongPassword = (error: unknown): boolean =>
  ((error as Error).cause as { code?: string } | undefined)?.code === '28P01';
