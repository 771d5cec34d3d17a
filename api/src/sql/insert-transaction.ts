import type { Queryable } from '@stack/service-kit/postgres';
import type { NewTransaction } from '../transactions/schemas.ts';
import { transactionJson } from './transaction-json.ts';

export interface StoredTransaction {
  id: string;
  /** The answer's body. */
  json: string;
}

const text = `
  INSERT INTO transactions (account_id, amount, currency, description) VALUES ($1, $2, $3, $4)
  RETURNING id, ${transactionJson} AS json`;

/** One statement, so it is its own transaction: stored and answered, or neither. */
export async function insertTransaction(pool: Queryable, transaction: NewTransaction): Promise<StoredTransaction> {
  const { accountId, amount, currency, description } = transaction;
  const values = [accountId, amount, currency, description ?? null];
  const { rows } = await pool.query({ name: 'insert-transaction', text, values });
  return rows[0];
}
