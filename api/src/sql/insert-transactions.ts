import type { Queryable } from '@stack/service-kit/postgres';
import type { NewTransaction } from '../transactions/schemas.ts';
import { insertTransaction, type StoredTransaction } from './insert-transaction.ts';
import { asText, saysTransaction, transactionFields, transactionId, transactionText } from './transaction-text.ts';

const text = `
  INSERT INTO transactions (account_id, amount, currency, description)
  SELECT * FROM unnest($1::text[], $2::numeric[], $3::text[], $4::text[])
  RETURNING ${transactionFields}`;

/** All or none, in one statement and so with one commit. Resolves to the stored rows in the order of `transactions`. */
export async function insertTransactions(
  pool: Queryable,
  transactions: readonly NewTransaction[],
): Promise<StoredTransaction[]> {
  const [only] = transactions;
  if (only && transactions.length === 1) return [await insertTransaction(pool, only)];
  const values = [
    transactions.map(({ accountId }) => accountId),
    transactions.map(({ amount }) => amount),
    transactions.map(({ currency }) => currency),
    transactions.map(({ description }) => description ?? null),
  ];
  const query = { name: 'insert-transactions', text, values, rowMode: 'array' as const, types: asText };
  const { rows } = await pool.query<[fields: string]>(query);
  const stored = rows.map(([fields]) => fields);
  return inOrder(stored, transactions).map((fields) => ({ id: transactionId(fields), json: transactionText(fields) }));
}

/**
 * PostgreSQL returns rows in the order it inserts them, but promises it nowhere. Rows that say the same are interchangeable,
 * so each request is given a row that says what it said.
 */
function inOrder(stored: string[], transactions: readonly NewTransaction[]): string[] {
  if (transactions.every((transaction, index) => saysTransaction(stored[index] as string, transaction))) return stored;
  const left = new Set(stored);
  return transactions.map((transaction) => {
    const found = [...left].find((fields) => saysTransaction(fields, transaction));
    if (found === undefined) throw new Error('a stored row is not what was asked for');
    left.delete(found);
    return found;
  });
}
