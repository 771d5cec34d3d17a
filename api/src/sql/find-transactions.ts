import type { Queryable } from '@stack/service-kit/postgres';
import { asText, transactionFields, transactionId, transactionText } from './transaction-text.ts';

const one = `SELECT ${transactionFields} FROM transactions WHERE id = $1`;
const several = `SELECT ${transactionFields} FROM transactions WHERE id = ANY($1::bigint[])`;

/** Resolves to each transaction as JSON text, or to undefined where there is none, in the order of `ids`. */
export async function findTransactions(pool: Queryable, ids: readonly string[]): Promise<(string | undefined)[]> {
  const query =
    ids.length === 1
      ? { name: 'find-transaction', text: one, values: [...ids] }
      : { name: 'find-transactions', text: several, values: [ids] };
  const { rows } = await pool.query<[fields: string]>({ ...query, rowMode: 'array', types: asText });
  if (ids.length === 1) return [rows[0] && transactionText(rows[0][0])];
  const found = new Map(rows.map(([fields]) => [transactionId(fields), transactionText(fields)]));
  return ids.map((id) => found.get(id));
}
