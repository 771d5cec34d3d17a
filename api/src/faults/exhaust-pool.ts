import type { Clock } from '@stack/service-kit/clock';
import type { Pool, PoolClient } from '@stack/service-kit/postgres';

const retryMs = 200;

/**
 * Takes connections until the pool has none left, and keeps them until `signal` aborts. One that its server ends is given
 * up and replaced, so a database restart does not quietly cure the fault.
 */
export async function exhaustPool(
  pool: Pool,
  { clock, signal, onTaken }: { clock: Clock; signal: AbortSignal; onTaken: () => void },
): Promise<void> {
  const held = new Set<PoolClient>();
  const giveUp = (client: PoolClient, isBroken: boolean) => {
    if (held.delete(client)) client.release(isBroken);
  };
  signal.addEventListener('abort', () => {
    for (const client of held) giveUp(client, false);
  });
  while (!signal.aborted) {
    const client = held.size < pool.options.max ? await pool.connect().catch(() => undefined) : undefined;
    if (!client) await clock.sleep(retryMs, signal);
    else if (signal.aborted) client.release();
    else {
      held.add(client);
      client.once('end', () => giveUp(client, true));
      onTaken();
    }
  }
}
