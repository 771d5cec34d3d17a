import type { Queryable } from '@stack/service-kit/postgres';
import { defaultLimit, type TransactionStatus } from '../transactions/schemas.ts';
import { asText, transactionFields, transactionId, transactionText } from './transaction-text.ts';

export interface ListOptions {
  /** A whole number: it is written into the statement. */
  limit: number;
  /** Only rows older than this id; none for the newest. */
  before?: string | undefined;
  status?: TransactionStatus | undefined;
}

export interface TransactionList {
  /** JSON objects joined by commas. */
  items: string;
  /** The last item's id when more follow, else null. */
  nextBefore: string | null;
}

/** No row has it: ids count up from 1. */
const beyondEveryId = '9223372036854775807';

/**
 * Newest first, by id alone: it is unique, immutable and indexed, so a position in the list means the same for ever. One
 * row more than asked for says whether anything follows.
 *
 * The LIMIT is literal: a generic plan for LIMIT $1 expects a tenth of the table and may read and sort all of it. Only
 * the default page is a named statement; 500 of them in each session would be memory for nothing.
 *
 * A status is a range of (status, id), and not status = $2: for that the planner may walk the primary key and filter,
 * which for a rare status reads the whole table (measured: 46 ms with 150,000 rows). Only the index on (status, id) has
 * this order.
 */
export async function listTransactions(pool: Queryable, options: ListOptions): Promise<TransactionList> {
  const { limit, before = beyondEveryId, status } = options;
  const name = limit === defaultLimit ? `list-transactions${status ? '-by-status' : ''}` : undefined;
  const text = statement(Math.trunc(limit), status !== undefined);
  const values = status ? [before, status] : [before];
  const { rows } = await pool.query<[fields: string]>({
    text,
    values,
    rowMode: 'array',
    types: asText,
    ...(name && { name }),
  });
  const shown = rows.slice(0, limit);
  return {
    items: shown.map(([fields]) => transactionText(fields)).join(','),
    nextBefore: rows.length > limit ? transactionId(shown.at(-1)?.[0] ?? '') : null,
  };
}

const statement = (limit: number, byStatus: boolean) => {
  const order = byStatus ? 'status DESC, id DESC' : 'id DESC';
  const condition = byStatus ? '(status, id) < ($2, $1) AND (status, id) > ($2, 0)' : 'id < $1';
  return `SELECT ${transactionFields} FROM transactions WHERE ${condition} ORDER BY ${order} LIMIT ${limit + 1}`;
};
