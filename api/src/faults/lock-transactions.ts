import type { Clock } from '@stack/service-kit/clock';
import { type Pool, withTransaction } from '@stack/service-kit/postgres';

/** Between two locks: what waits gets its turn, so the database is slow and not dead. */
const breathMs = 50;

/** Holds the table of transactions for `lockMs` at a time, as a careless migration or report does, until `signal` aborts. */
export async function lockTransactions(
  pool: Pool,
  lockMs: number,
  { clock, signal, onLocked }: { clock: Clock; signal: AbortSignal; onLocked: () => void },
): Promise<void> {
  while (!signal.aborted) {
    const hold = withTransaction(pool, async (client) => {
      await client.query('LOCK TABLE transactions IN ACCESS EXCLUSIVE MODE');
      onLocked();
      await clock.sleep(lockMs, signal);
    });
    await hold.catch(() => undefined); // it waited too long for its turn, or the database is away: the next one
    await clock.sleep(breathMs, signal);
  }
}
