import type { CustomTypesConfig } from 'pg';
import type { NewTransaction } from '../transactions/schemas.ts';

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
 * One transaction as the JSON text that goes to the client, from `transactionFields`. Neither numbers nor dates nor objects
 * are made on the way only to be printed again; that was half of what a list costs in Node. Letting PostgreSQL print JSON
 * (`row_to_json`) moved the work instead of saving it: 100 µs for 50 rows, more than everything else it had to do. And
 * eight columns a row are as many small strings in Node. Only a description can need escaping. Ids and amounts are text: a
 * JSON number is exact only up to 2^53, and in binary fractions.
 */
export function transactionText(fields: string): string {
  const [id, accountId, amount, currency, status, createdAt = '', settledAt = '', ...description] = fields.split('\t');
  const note = description.length === 0 ? 'null' : JSON.stringify(description.join('\t'));
  const settled = settledAt === '' ? 'null' : `"${isoTime(settledAt)}"`;
  return `{"id":"${id}","accountId":"${accountId}","amount":"${amount}","currency":"${currency}","description":${note},"status":"${status}","createdAt":"${isoTime(createdAt)}","settledAt":${settled}}`;
}

/** Whether these fields are those of a row that was inserted as `transaction`. */
export function saysTransaction(fields: string, transaction: NewTransaction): boolean {
  const [, accountId, amount, currency, , , , ...description] = fields.split('\t');
  return (
    accountId === transaction.accountId &&
    amount === transaction.amount &&
    currency === transaction.currency &&
    (description.length === 0 ? undefined : description.join('\t')) === transaction.description
  );
}

export const transactionId = (fields: string): string => fields.slice(0, fields.indexOf('\t'));

/** `2026-11-22 10:00:00.5+00` → `2026-11-22T10:00:00.5+00:00`; sessions are UTC (createPool). */
const isoTime = (text: string) => `${text.replace(' ', 'T')}:00`;
