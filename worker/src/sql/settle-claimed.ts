import type { Queryable } from '@stack/service-kit/postgres';
import type { Verdict } from '../processor.ts';

const statement = `
  WITH verdicts AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::text[]) AS verdict (id, outcome)
  ), settled AS (
    UPDATE transactions SET status = verdicts.outcome, settled_at = clock_timestamp()
    FROM verdicts WHERE transactions.id = verdicts.id AND transactions.status = 'pending'
    RETURNING transactions.id, transactions.status
  )
  INSERT INTO settlements (transaction_id, outcome) SELECT id, status FROM settled`;

/**
 * Marks claimed rows and writes the ledger in the same statement: a row is settled exactly when the ledger says so. The
 * rows are locked by `claimPending` in this transaction, so nothing is waited for; the ledger's primary key refuses a
 * second settlement whatever the code does.
 * @throws Error when not every row was still pending: the claim did not hold, and the batch must be rolled back
 */
export async function settleClaimed(client: Queryable, verdicts: readonly Verdict[]): Promise<void> {
  // Array literals: neither ids nor outcomes hold anything to be quoted, and pg would quote and search each of them.
  const values = [`{${verdicts.map(({ id }) => id).join()}}`, `{${verdicts.map(({ outcome }) => outcome).join()}}`];
  const { rowCount } = await client.query({ name: 'settle-claimed', text: statement, values });
  if (rowCount !== verdicts.length)
    throw new Error(`claimed ${verdicts.length} rows but only ${rowCount} of them were still pending`);
}
