import type { Pool } from '@stack/service-kit/postgres';
import type { StoredTransaction } from '../sql/insert-transaction.ts';
import { insertTransactions } from '../sql/insert-transactions.ts';
import type { NewTransaction } from './schemas.ts';

export interface InsertQueueOptions {
  pool: Pool;
  /** How long a request waits for its statement to begin, in milliseconds: as long as for a connection of the pool. */
  maxWaitMs: number;
  /** Called for each statement that has stored some. */
  onStored?: () => void;
}

export interface InsertQueue {
  /** Stores one transaction. Rejects with the error of the statement that it was part of. */
  insert(transaction: NewTransaction): Promise<StoredTransaction>;
  /** How many transactions wait for their statement to begin. */
  waiting(): number;
}

interface Waiting {
  transaction: NewTransaction;
  since: number;
  resolve(stored: StoredTransaction): void;
  reject(error: unknown): void;
}

/** One would be a tenth faster, four no faster for more CPU (README); of two, one that is held up does not hold up all. */
const maxInFlight = 2;
/** Keeps one statement at a few milliseconds. */
const maxRows = 100;

/**
 * Group commit: a request that finds the database idle is stored at once, by itself; those that come while earlier ones are
 * being stored go together in the next statement. Each is answered after the commit that it is part of.
 */
export function createInsertQueue({ pool, maxWaitMs, onStored }: InsertQueueOptions): InsertQueue {
  const waiting: Waiting[] = [];
  let inFlight = 0;
  let patience: NodeJS.Timeout | undefined;

  async function work(): Promise<void> {
    inFlight += 1;
    while (waiting.length > 0) await store(pool, waiting.splice(0, maxRows), onStored);
    inFlight -= 1;
  }

  /** A database that hangs keeps its statements until their timeout; who waits behind them is not kept as well. */
  function refuseLate(): void {
    const tooEarly = performance.now() - maxWaitMs;
    const firstInTime = waiting.findIndex(({ since }) => since > tooEarly);
    const late = waiting.splice(0, firstInTime === -1 ? waiting.length : firstInTime);
    for (const { reject } of late) reject(new Error('timeout expired: no statement could begin'));
    patience = undefined;
    if (waiting.length > 0) watch();
  }
  const watch = () => {
    if (!patience) patience = setTimeout(refuseLate, maxWaitMs / 10).unref();
  };

  const insert = (transaction: NewTransaction) =>
    new Promise<StoredTransaction>((resolve, reject) => {
      waiting.push({ transaction, since: performance.now(), resolve, reject });
      if (inFlight < maxInFlight) void work();
      else watch();
    });
  return { insert, waiting: () => waiting.length };
}

/** Never rejects: its requests are told. */
async function store(pool: Pool, batch: readonly Waiting[], onStored?: () => void): Promise<void> {
  try {
    const transactions = batch.map(({ transaction }) => transaction);
    const stored = await insertTransactions(pool, transactions);
    onStored?.();
    for (const [index, { resolve }] of batch.entries()) resolve(stored[index] as StoredTransaction);
  } catch (error) {
    // all at once: each then waits no longer than the pool lets it
    if (batch.length > 1 && isAboutOneRow(error)) await Promise.all(batch.map((one) => store(pool, [one], onStored)));
    else for (const { reject } of batch) reject(error);
  }
}

/** SQLSTATE classes 22, data exception, and 23, integrity constraint violation: the neighbours of that row are well. */
const isAboutOneRow = (error: unknown) => /^2[23]/.test(String((error as NodeJS.ErrnoException).code));
