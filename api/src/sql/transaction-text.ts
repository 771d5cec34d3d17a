import type { CustomTypesConfig } from 'pg';

/**
 * One transaction as a single value: its columns, in PostgreSQL's own text, between tabs. The table's constraints keep tabs
 * out of every column but the description, so that is last; `concat_ws` leaves it out when it is NULL.
 */
export const transactionFields = `concat_ws(E'\\t', id, account_id, amount, currency, status, created_at,
  coalesce(settled_at::text, ''), description)`;

const unchanged = (value: string) => value;

/** Types for a query whose values all stay the text that PostgreSQL sends. */
export const asText = { getTypeParser: () => unchanged } as CustomTypesConfig;

/**
 * The same letters as `transactionJson` (transaction-json.ts) prints, made from `transactionFields`. For lists: there
 * row_to_json cost the database 100 µs for 50 rows, more than everything else it had to do, and eight columns a row as many
 * small strings in Node. Only a description can need escaping.
 */
export function transactionText(fields: string): string {
  const [id, accountId, amount, currency, status, createdAt = '', settledAt = '', ...description] = fields.split('\t');
  const note = description.length === 0 ? 'null' : JSON.stringify(description.join('\t'));
  const settled = settledAt === '' ? 'null' : `"${isoTime(settledAt)}"`;
  return `{"id":"${id}","accountId":"${accountId}","amount":"${amount}","currency":"${currency}","description":${note},"status":"${status}","createdAt":"${isoTime(createdAt)}","settledAt":${settled}}`;
}

/** `2026-11-22 10:00:00.5+00` → `2026-11-22T10:00:00.5+00:00`; sessions are UTC (createPool). */
const isoTime = (text: string) => `${text.replace(' ', 'T')}:00`;
