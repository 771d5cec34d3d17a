import type { Queryable } from '@stack/service-kit/postgres';
import type { NewTransaction } from '../simulate-transactions.ts';
import { copyIn, copyText } from './copy-in.ts';

const statement = 'COPY transactions (account_id, amount, currency, description) FROM STDIN';

/**
 * Inserts the batch in one statement, all rows or none; resolves to their number. COPY, in one round trip: at 100, 1,000
 * and 10,000 rows faster than INSERT … SELECT FROM unnest (bench/README.md). It takes no lock that a reader or a claim
 * would wait for.
 */
export async function insertPending(session: Queryable, batch: readonly NewTransaction[]): Promise<number> {
  let rows = '';
  for (const { accountId, amount, currency, description } of batch)
    rows += `${copyText(accountId)}\t${copyText(amount)}\t${copyText(currency)}\t${copyText(description)}\n`;
  return copyIn(session, statement, rows);
}
