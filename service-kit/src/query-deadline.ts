import type { Socket } from 'node:net';
import type pg from 'pg';

/** What a query on a server that does not answer rejects with; pg's own message for it. */
const message = 'Query read timeout';

/** How often the connections are looked at, as a share of the limit: a hang is noticed that much late at most. */
const lookShare = 1 / 10;

type WatchedClient = pg.PoolClient & { connection: { stream: Socket } };

/**
 * Destroys a pool's connection when a statement on it is not answered within `limitMs`: a server that is paused, or a
 * network that swallows packets, would be waited for without end. The statement rejects with `Query read timeout`, the
 * pool forgets the connection.
 *
 * One timer for the pool and not pg's `query_timeout`, which makes one for each query: in Node 24 those kept each query's
 * rows alive until the next full collection (measured on a list of 50 rows: scavenges of 10 ms instead of 0.5 ms).
 */
export function limitQueryTime(
  pool: pg.Pool,
  limitMs: number,
  /** Hears how long each statement took, without the wait for a connection. */
  onAnswered: (ms: number) => void = () => {},
): void {
  const busySince = new Map<WatchedClient, number | undefined>();
  pool.on('connect', (client) => watch(client as WatchedClient, busySince, onAnswered));
  pool.on('remove', (client) => busySince.delete(client as WatchedClient));
  const look = () => {
    if (pool.ended) clearInterval(timer);
    const tooEarly = performance.now() - limitMs;
    for (const [client, since] of busySince)
      if (since !== undefined && since < tooEarly) {
        busySince.set(client, undefined);
        onAnswered(performance.now() - since);
        client.connection.stream.destroy(new Error(message));
      }
  };
  const timer = setInterval(look, limitMs * lookShare);
  timer.unref();
}

function watch(
  client: WatchedClient,
  busySince: Map<WatchedClient, number | undefined>,
  onAnswered: (ms: number) => void,
): void {
  busySince.set(client, undefined);
  const query = client.query;
  client.query = function timed(this: WatchedClient, ...args: unknown[]) {
    busySince.set(client, performance.now());
    return Reflect.apply(query, client, args);
  } as typeof client.query;
  // every statement that was sent is answered
  client.on('drain', () => {
    const since = busySince.get(client);
    if (since === undefined) return;
    busySince.set(client, undefined);
    onAnswered(performance.now() - since);
  });
}
