import { backoffDelayMs } from '@stack/service-kit/backoff';
import { systemClock } from '@stack/service-kit/clock';
import type { Logger } from '@stack/service-kit/logger';
import { classifyDatabaseError } from '@stack/service-kit/sqlstate';
import pg from 'pg';

export interface ConnectOptions {
  connectionString: string;
  /** From the first try to giving up; 0 tries once. */
  timeoutMs: number;
  logger: Logger;
}

/** A wrong password or a missing database will not get better by waiting: the person who reads the error must act. */
const hopeless = new Set(['28000', '28P01', '3D000']);

/**
 * Connects to a database that may still be starting.
 * @throws Error that names host and reason when it was not there within `timeoutMs`, or at once when waiting cannot help
 */
export async function connectWithRetry({ connectionString, timeoutMs, logger }: ConnectOptions): Promise<pg.Client> {
  const deadline = Date.now() + timeoutMs;
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client({ connectionString, application_name: 'migrate', connectionTimeoutMillis: 5_000 });
    client.on('error', (err) => logger.warn({ err }, 'lost the database connection'));
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      const delayMs = backoffDelayMs(attempt, { baseMs: 200, maxMs: 3_000 });
      if (isHopeless(error) || Date.now() + delayMs > deadline) throw unreachable(connectionString, error, attempt);
      logger.info({ attempt, delayMs, reason: reasonOf(error) }, 'the database is not there yet');
      await systemClock.sleep(delayMs);
    }
  }
}

const isHopeless = (error: unknown) =>
  hopeless.has((error as { code?: string }).code ?? '') || classifyDatabaseError(error) === 'other';

/** "localhost" is tried as ::1 and as 127.0.0.1; the AggregateError of both has no message of its own. */
const reasonOf = (error: unknown): string =>
  error instanceof AggregateError ? reasonOf(error.errors[0]) : (error as Error).message;

function unreachable(connectionString: string, cause: unknown, attempts: number): Error {
  const { host, pathname } = new URL(connectionString);
  const tries = attempts === 1 ? '' : ` after ${attempts} attempts`;
  return new Error(`cannot use the database ${pathname.slice(1)} on ${host}${tries}: ${reasonOf(cause)}`, { cause });
}
