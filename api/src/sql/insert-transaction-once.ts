import type { Pool } from '@stack/service-kit/postgres';
import type { NewTransaction } from '../transactions/schemas.ts';
import { transactionJson } from './transaction-json.ts';

export interface OnceOptions {
  key: string;
  /** SHA-256 of the request's canonical form. */
  requestHash: Buffer;
}

export interface FirstAnswer {
  /** The transaction's id. */
  id: string;
  /** The body that was, or is, the first answer, letter by letter. */
  json: string;
  /** Whether this call created it. */
  isFirst: boolean;
  /** Whether the key was first used with the same request; always true for the first. */
  isSameRequest: boolean;
}

/**
 * A statement sees either the key's answer or stores transaction and key together: nothing is half done, whatever dies.
 * Of several at the same time all but one wait on the key's primary key and then violate it.
 */
const text = `
  WITH known AS (
    SELECT transaction_id AS id, response AS json, request_hash = $2 AS same FROM idempotency_keys WHERE key = $1
  ), created AS (
    INSERT INTO transactions (account_id, amount, currency, description)
    SELECT $3, $4::numeric, $5, $6 WHERE NOT EXISTS (SELECT FROM known)
    RETURNING id, ${transactionJson} AS json
  ), remembered AS (
    INSERT INTO idempotency_keys (key, request_hash, transaction_id, response)
    SELECT $1, $2, id, json FROM created
  )
  SELECT id, json, true AS "isFirst", true AS "isSameRequest" FROM created
  UNION ALL SELECT id, json, false, same FROM known`;

const uniqueViolation = '23505';
/** One suffices, unless the key is pruned at the very moment. */
const tries = 3;

/** Stores the transaction, or finds the answer that the key got first. */
export async function insertTransactionOnce(
  pool: Pool,
  { key, requestHash }: OnceOptions,
  { accountId, amount, currency, description }: NewTransaction,
): Promise<FirstAnswer> {
  const values = [key, requestHash, accountId, amount, currency, description ?? null];
  for (let attempt = 1; ; attempt++) {
    const client = await pool.connect(); // pool.query would close the connection of everybody who lost the race
    let broken: Error | undefined;
    try {
      const { rows } = await client.query({ name: 'insert-transaction-once', text, values });
      return rows[0];
    } catch (error) {
      const lostTheRace = (error as NodeJS.ErrnoException).code === uniqueViolation;
      if (!lostTheRace) broken = error as Error;
      if (!lostTheRace || attempt === tries) throw error;
    } finally {
      client.release(broken);
    }
  }
}
