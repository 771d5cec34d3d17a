import type { Queryable } from '@stack/service-kit/postgres';
import type { NewTransaction } from '../transactions/schemas.ts';
import { asText, transactionFields, transactionId, transactionText } from './transaction-text.ts';

export interface StoredTransaction {
  id: string;
  /** The answer's body. */
  json: string;
}

const text = `
  INSERT INTO transactions (account_id, amount, currency, description) VALUES ($1, $2, $3, $4)
  RETURNING ${transactionFields}`;

/** One statement, so it is its own transaction: stored and answered, or neither. */
export async function insertTransaction(pool: Queryable, transaction: NewTransaction): Promise<StoredTransaction> {
  const { accountId, amount, currency, description } = transaction;
  const values = [accountId, amount, currency, description ?? null];
  const query = { name: 'insert-transaction', text, values, rowMode: 'array' as const, types: asText };
  const { rows } = await pool.query<[fields: string]>(query);
  const [fields] = rows[0] as [string];
  return { id: transactionId(fields), json: transactionText(fields) };
}
