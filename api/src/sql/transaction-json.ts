/**
 * The letters of `transactionText` (transaction-text.ts), printed by PostgreSQL, with columns of `transactions` in scope:
 * for the statement that stores a transaction together with the answer to its Idempotency-Key. A test compares the two.
 */
export const transactionJson = `(SELECT row_to_json(item)::text FROM (SELECT id::text AS "id", account_id AS "accountId",
  amount::text AS "amount", currency AS "currency", description AS "description", status AS "status",
  created_at AS "createdAt", settled_at AS "settledAt") item)`;
