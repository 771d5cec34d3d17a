import type { Pool } from '@stack/service-kit/postgres';
import { findTransactions } from '../sql/find-transactions.ts';
import { type ListOptions, listTransactions, type TransactionList } from '../sql/list-transactions.ts';
import { createStatementQueue, type StatementQueue } from '../statements/statement-queue.ts';

export interface ReadQueueOptions {
  pool: Pool;
  /** How long a request waits for its statement to begin, in milliseconds: as long as for a connection of the pool. */
  maxWaitMs: number;
  /** Called for each statement that has answered some. */
  onAnswered?: (query: ReadQuery) => void;
}

export const readQueries = ['get', 'list'] as const;
export type ReadQuery = (typeof readQueries)[number];

export interface ReadQueue {
  /** Resolves to the transaction as JSON text, or to nothing. Rejects with the error of the statement that it was part of. */
  find(id: string): Promise<string | undefined>;
  /** Rejects with the error of the statement that it was part of. */
  list(options: ListOptions): Promise<TransactionList>;
  /** How many requests wait for their statement to begin. */
  waiting(): number;
}

const maxInFlight = 2;
/** Ids in one statement: keeps it at a few milliseconds. */
const maxIds = 100;
/** Requests that share one page: their answers are written without a break, and the largest page has hundreds of kilobytes. */
const maxReaders = 16;

/**
 * Reads that come together share a statement: lookups by id become one, and so do lists that ask for the same page. Every
 * request sees all that was committed before it came, because a statement takes nobody in once it was sent.
 */
export function createReadQueue({ pool, maxWaitMs, onAnswered }: ReadQueueOptions): ReadQueue {
  const limits = { maxInFlight, maxWaitMs, overtakes: true };
  const finds = createStatementQueue<string, string | undefined>({
    run: async (ids) => {
      const found = await findTransactions(pool, ids);
      onAnswered?.('get');
      return found;
    },
    ...limits,
    maxAsks: maxIds,
  });
  const pages = new Map<string, { queue: StatementQueue<ListOptions, TransactionList>; open: number }>();

  const createPage = () =>
    createStatementQueue<ListOptions, TransactionList>({
      run: async (asks) => {
        const page = await listTransactions(pool, asks[0] as ListOptions);
        onAnswered?.('list');
        return asks.map(() => page);
      },
      ...limits,
      maxAsks: maxReaders,
    });

  async function list(options: ListOptions): Promise<TransactionList> {
    const key = `${options.limit} ${options.before ?? ''} ${options.status ?? ''}`;
    const page = pages.get(key) ?? { queue: createPage(), open: 0 };
    pages.set(key, page);
    page.open += 1;
    try {
      return await page.queue.ask(options);
    } finally {
      page.open -= 1;
      if (page.open === 0) pages.delete(key);
    }
  }

  const waiting = () => [...pages.values()].reduce((sum, { queue }) => sum + queue.waiting(), finds.waiting());
  return { find: finds.ask, list, waiting };
}
