import * as z from 'zod';
import { transactionStatuses } from './schemas.ts';

// What we answer: for the documentation and the tests. Nothing checks its own answers, so a service starts without them.

export const transactionSchema = z
  .object({
    id: z.string(),
    accountId: z.string(),
    amount: z.string().meta({ description: 'Two decimals, always text.', examples: ['12.50'] }),
    currency: z.string(),
    description: z.string().nullable(),
    status: z.enum(transactionStatuses),
    createdAt: z.iso.datetime({ offset: true }),
    settledAt: z.iso.datetime({ offset: true }).nullable(),
  })
  .meta({ id: 'Transaction' });

export const transactionPageSchema = z
  .object({
    items: z.array(transactionSchema),
    nextCursor: z.string().nullable().meta({ description: 'null on the last page' }),
  })
  .meta({ id: 'TransactionPage' });
