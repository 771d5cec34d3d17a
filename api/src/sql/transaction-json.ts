/**
 * One transaction as the JSON text that goes to the client, with columns of `transactions` in scope. PostgreSQL prints it
 * and we pass it on: parsing rows only to print them again was half of what a list costs in Node. Every operation uses
 * this one, so a transaction looks the same in every answer. Ids and amounts are text: a JSON number is exact only up to 2^53, and in binary fractions.
 */
export const transactionJson = `(SELECT row_to_json(item)::text FROM (SELECT id::text AS "id", account_id AS "accountId",
  amount::text AS "amount", currency AS "currency", description AS "description", status AS "status",
  created_at AS "createdAt", settled_at AS "settledAt") item)`;
