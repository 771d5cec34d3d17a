import type { Queryable } from '@stack/service-kit/postgres';
import { transactionJson } from './transaction-json.ts';

const text = `SELECT ${transactionJson} AS json FROM transactions WHERE id = $1`;

/** Resolves to the transaction as JSON text, or to nothing. */
export async function findTransaction(pool: Queryable, id: string): Promise<string | undefined> {
  const { rows } = await pool.query({ name: 'find-transaction', text, values: [id] });
  return rows[0]?.json;
}
