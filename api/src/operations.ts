import type { ApiOperation } from '@stack/service-kit/openapi';
import * as z from 'zod';
import { faultShape } from './faults/fault-shape.ts';
import type { ApiProblemCode } from './problems.ts';
import { transactionPageSchema, transactionSchema } from './transactions/answer-schemas.ts';
import { idempotencyKeySchema } from './transactions/idempotency-key.ts';
import { createTransactionSchema, listQuerySchema, transactionIdSchema } from './transactions/schemas.ts';

export const description =
  'Transactions on PostgreSQL. Errors are `application/problem+json` (RFC 9457): decide on `code`; 503 comes with `Retry-After`.';

const transaction = {
  id: '42',
  accountId: 'acc-1',
  amount: '12.50',
  currency: 'EUR',
  description: 'coffee beans',
  status: 'pending',
  createdAt: '2026-11-22T18:00:00.123456+00:00',
  settledAt: null,
};

const databaseProblems: ApiProblemCode[] = ['too_many_requests', 'database_unavailable', 'database_timeout'];
const bodyProblems: ApiProblemCode[] = ['bad_json', 'validation_failed', 'body_too_large', 'unsupported_media_type'];

const checkSchema = z.object({
  status: z.enum(['ok', 'unavailable']),
  latencyMs: z.number(),
  detail: z.string().optional(),
});
const liveSchema = z.object({ status: z.literal('ok'), uptimeSeconds: z.number(), version: z.string() });
const healthSchema = z
  .object({
    status: z.enum(['ok', 'unavailable']),
    checks: z.object({ database: checkSchema }),
    uptimeSeconds: z.number(),
    version: z.string(),
  })
  .meta({ id: 'Health' });

const faultReportSchema = z
  .object({
    active: z.object(faultShape),
    until: z.iso.datetime().nullable().meta({ description: 'When they end by themselves.' }),
  })
  .meta({ id: 'FaultReport' });
const faultsOff = 'Only where FAULTS_ENABLED=true; elsewhere 404.';

/** Every address of the api, with the schemas that its handlers validate with. */
export const operations: readonly ApiOperation[] = [
  {
    method: 'get',
    path: '/transactions',
    tag: 'transactions',
    summary: 'Newest first, page by page.',
    description:
      'Follow `nextCursor` until it is null. Every transaction that was there when the walk began, and keeps its status when one is asked for, comes exactly once, however many are inserted meanwhile.',
    query: listQuerySchema,
    responses: {
      200: {
        description: 'A page',
        schema: transactionPageSchema,
        example: { items: [transaction], nextCursor: 'AAAAAAAAACq0mC1i6rN0Yg' },
      },
    },
    problems: ['validation_failed', 'invalid_cursor', 'forbidden', ...databaseProblems],
  },
  {
    method: 'post',
    path: '/transactions',
    tag: 'transactions',
    summary: 'Stores a pending transaction.',
    description: 'With an `Idempotency-Key` it is safe to send again: after a 503 too.',
    headers: z.object({ 'Idempotency-Key': idempotencyKeySchema.optional() }),
    body: createTransactionSchema,
    bodyExample: { accountId: 'acc-1', amount: '12.50', currency: 'EUR', description: 'coffee beans' },
    responses: {
      201: {
        description: 'Stored, now or by an earlier request with the same key',
        schema: transactionSchema,
        example: transaction,
        headers: {
          Location: 'where it is',
          'Idempotency-Replayed': '`true` when it is the answer to an earlier request',
        },
      },
    },
    problems: [...bodyProblems, 'forbidden', 'idempotency_key_reused', ...databaseProblems],
  },
  {
    method: 'get',
    path: '/transactions/:id',
    tag: 'transactions',
    summary: 'One transaction.',
    params: z.object({ id: transactionIdSchema }),
    responses: { 200: { description: 'The transaction', schema: transactionSchema, example: transaction } },
    problems: ['validation_failed', 'forbidden', 'not_found', ...databaseProblems],
  },
  {
    method: 'get',
    path: '/health',
    tag: 'operation',
    summary: 'Whether requests can be served.',
    responses: {
      200: { description: 'Healthy', schema: healthSchema },
      503: { description: 'The database did not answer within a second', schema: healthSchema },
    },
  },
  {
    method: 'get',
    path: '/health/live',
    tag: 'operation',
    summary: 'Whether the process answers; asks nobody.',
    responses: { 200: { description: 'Alive', schema: liveSchema } },
  },
  {
    method: 'get',
    path: '/metrics',
    tag: 'operation',
    summary: 'For Prometheus.',
    responses: { 200: { description: 'The text format', contentType: 'text/plain', schema: z.string() } },
  },
  {
    method: 'get',
    path: '/faults',
    tag: 'faults',
    summary: 'What is on.',
    description: faultsOff,
    responses: { 200: { description: 'The faults', schema: faultReportSchema } },
    problems: ['forbidden', 'not_found'],
  },
  {
    method: 'put',
    path: '/faults',
    tag: 'faults',
    summary: 'Replaces all faults.',
    description: `In memory only: a restart ends them. They never apply to /metrics, /faults, /health/live, /docs and /openapi.json. ${faultsOff}`,
    body: z.strictObject({
      ...faultShape,
      durationSeconds: z
        .number()
        .positive()
        .max(86_400)
        .optional()
        .meta({ description: 'Then they end by themselves.' }),
    }),
    bodyExample: { latencyMs: 400, errorRate: 0.3, durationSeconds: 300 },
    responses: { 200: { description: 'What is on now', schema: faultReportSchema } },
    problems: [...bodyProblems, 'forbidden', 'not_found', ...databaseProblems],
  },
  {
    method: 'delete',
    path: '/faults',
    tag: 'faults',
    summary: 'Ends all faults.',
    description: faultsOff,
    responses: { 200: { description: 'Nothing is on', schema: faultReportSchema } },
    problems: ['forbidden', 'not_found'],
  },
];
