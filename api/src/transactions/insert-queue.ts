import type { Pool } from '@stack/service-kit/postgres';
import type { StoredTransaction } from '../sql/insert-transaction.ts';
import { insertTransactions } from '../sql/insert-transactions.ts';
import { createStatementQueue } from '../statements/statement-queue.ts';
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

/** Group commit: transactions that come together are stored with one statement, and each is answered after its commit. */
export function createInsertQueue({ pool, maxWaitMs, onStored }: InsertQueueOptions): InsertQueue {
  const queue = createStatementQueue<NewTransaction, StoredTransaction>({
    run: async (transactions) => {
      const stored = await insertTransactions(pool, transactions);
      onStored?.();
      return stored;
    },
    // One would be a tenth faster, four no faster for more CPU (README); of two, one that is held up does not hold up all.
    maxInFlight: 2,
    maxAsks: 100, // keeps one statement at a few milliseconds
    maxWaitMs,
    isAboutOneAsk: isAboutOneRow,
  });
  return { insert: queue.ask, waiting: queue.waiting };
}

/** SQLSTATE classes 22, data exception, and 23, integrity constraint violation: the neighbours of that row are well. */
const isAboutOneRow = (error: unknown) => /^2[23]/.test(String((error as NodeJS.ErrnoException).code));
