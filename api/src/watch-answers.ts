import type { Pool } from '@stack/service-kit/postgres';

/**
 * Whether somebody gave a connection back after a good answer within the last `withinMs`: at most half of what a request waits for a connection, so
 * that the answers from before an outage are over when the first request of the outage gives up.
 */
export function watchAnswers(pool: Pool, withinMs: number): () => boolean {
  let answeredAt = Number.NEGATIVE_INFINITY;
  pool.on('release', (error) => {
    if (!error) answeredAt = performance.now();
  });
  return () => performance.now() - answeredAt < withinMs;
}
