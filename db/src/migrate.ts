import { fileURLToPath } from 'node:url';
import type { Logger } from '@stack/service-kit/logger';
import { runner } from 'node-pg-migrate';
import type pg from 'pg';
import { connectAsOwner } from './connect-as-owner.ts';
import { ensureRoles } from './ensure-roles.ts';

export interface MigrateOptions {
  DATABASE_URL: string;
  /** The owner's until now, when the one in DATABASE_URL is new. */
  OLD_POSTGRES_PASSWORD?: string | undefined;
  /** Passwords of the roles; a role without one keeps what it has. */
  APP_DB_PASSWORD?: string | undefined;
  MONITOR_DB_PASSWORD?: string | undefined;
  MIGRATE_TIMEOUT_MS: number;
  logger: Logger;
  /** Where the `*.sql` files are; those of this folder by default. */
  directory?: string;
}

/** Beside `src` in the sources and beside `dist` in the image. */
const ownMigrations = fileURLToPath(new URL('../migrations', import.meta.url));

/** 'migr' in ASCII; the services take other keys. */
const migrationLockKey = 0x6d_69_67_72;

/**
 * Brings roles and schema up to date: safe to run again, and at the same time from several places, where the later ones
 * wait and then find nothing to do. All migrations of a run are one transaction. Resolves to the names of those applied.
 * @throws Error when the database cannot be reached in time, or a migration fails
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const { logger, MIGRATE_TIMEOUT_MS: timeoutMs } = options;
  const client = await connectAsOwner(options);
  try {
    await waitForLock(client, timeoutMs);
    await ensureRoles(client, { app: options.APP_DB_PASSWORD, monitor: options.MONITOR_DB_PASSWORD });
    const applied = await applyMigrations(client, options.directory ?? ownMigrations, logger);
    logger.info({ applied }, applied.length === 0 ? 'nothing to migrate' : 'migrated');
    return applied;
  } finally {
    await client.end(); // and with the session goes its lock
  }
}

/** A session lock, and waiting for it: node-pg-migrate's own gives up at once when another run holds it. */
async function waitForLock(client: pg.Client, timeoutMs: number): Promise<void> {
  await client.query(`SET lock_timeout = ${timeoutMs}`);
  await client.query('SELECT pg_advisory_lock($1)', [migrationLockKey]);
  // DDL that waits behind a long transaction would itself block every query that comes after it
  await client.query("SET lock_timeout = '10s'");
}

async function applyMigrations(dbClient: pg.Client, dir: string, logger: Logger): Promise<string[]> {
  const applied = await runner({
    dbClient,
    dir,
    direction: 'up',
    migrationsTable: 'schema_migrations',
    singleTransaction: true,
    noLock: true,
    logger: {
      info: (text: string) => logger.debug(text),
      warn: (text: string) => logger.warn(text),
      error: (text: string) => logger.error(text),
    },
  });
  return applied.map(({ name }) => name);
}
