import type { Queryable } from '@stack/service-kit/postgres';
import { asText, transactionFields, transactionText } from './transaction-text.ts';

const text = `SELECT ${transactionFields} FROM transactions WHERE id = $1`;

/** Resolves to the transaction as JSON text, or to nothing. */
export async function findTransaction(pool: Queryable, id: string): Promise<string | undefined> {
  const query = { name: 'find-transaction', text, values: [id], rowMode: 'array' as const, types: asText };
  const { rows } = await pool.query<[fields: string]>(query);
  return rows[0] && transactionText(rows[0][0]);
}
