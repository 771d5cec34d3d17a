import type { Pool } from '@stack/service-kit/postgres';
import { ProblemError, parseOrProblem } from '@stack/service-kit/problems';
import { sendJson } from '@stack/service-kit/send-json';
import type { RequestHandler, Response } from 'express';
import type { ApiMetrics } from '../metrics.ts';
import { insertTransactionOnce } from '../sql/insert-transaction-once.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { hashRequest, readIdempotencyKey } from './idempotency-key.ts';
import type { InsertQueue } from './insert-queue.ts';
import type { ReadQueue } from './read-queue.ts';
import { createTransactionSchema, listQuerySchema, type NewTransaction, transactionIdSchema } from './schemas.ts';

export interface TransactionDeps {
  pool: Pool;
  inserts: InsertQueue;
  reads: ReadQueue;
  metrics: Pick<ApiMetrics, 'transactionsCreated' | 'idempotentRequests'>;
}

/** JSON comes from PostgreSQL as text and is passed on as it is. */
function sendCreated(res: Response, { id, json }: { id: string; json: string }): void {
  res.setHeader('location', `/transactions/${id}`);
  sendJson(res, 201, json);
}

export const listHandler =
  ({ reads }: TransactionDeps): RequestHandler =>
  async (req, res) => {
    const { limit, cursor, status } = parseOrProblem(listQuerySchema, req.query, 'query');
    const before = cursor === undefined ? undefined : decodeCursor(cursor, status);
    const { items, nextBefore } = await reads.list({ limit, before, status });
    const nextCursor = nextBefore === null ? 'null' : `"${encodeCursor({ before: nextBefore, status })}"`;
    sendJson(res, 200, `{"items":[${items}],"nextCursor":${nextCursor}}`);
  };

export const getHandler =
  ({ reads }: TransactionDeps): RequestHandler =>
  async (req, res) => {
    const id = parseOrProblem(transactionIdSchema, req.params['id'], 'id');
    const json = await reads.find(id);
    if (json === undefined) throw new ProblemError('not_found', { detail: `There is no transaction ${id}.` });
    sendJson(res, 200, json);
  };

export function createHandler({ pool, inserts, metrics }: TransactionDeps): RequestHandler {
  return async (req, res) => {
    const key = readIdempotencyKey(req.headers['idempotency-key']);
    const transaction = parseOrProblem(createTransactionSchema, req.body, 'body');
    if (key !== undefined) return createOnce(res, key, transaction);
    const stored = await inserts.insert(transaction);
    metrics.transactionsCreated.inc();
    sendCreated(res, stored);
  };

  async function createOnce(res: Response, key: string, transaction: NewTransaction): Promise<void> {
    const answer = await insertTransactionOnce(pool, { key, requestHash: hashRequest(transaction) }, transaction);
    const result = answer.isFirst ? 'first' : answer.isSameRequest ? 'replayed' : 'mismatch';
    metrics.idempotentRequests.inc({ result });
    if (result === 'mismatch')
      throw new ProblemError('idempotency_key_reused', {
        detail: `The first request with this key made transaction ${answer.id}. Use a new key for another transaction.`,
      });
    if (result === 'first') metrics.transactionsCreated.inc();
    else res.setHeader('idempotency-replayed', 'true');
    sendCreated(res, answer);
  }
}
