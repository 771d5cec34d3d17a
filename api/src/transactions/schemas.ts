import * as z from 'zod';
import { amountSchema } from './amount.ts';
import { currencies } from './currencies.ts';

export const transactionStatuses = ['pending', 'settled', 'failed'] as const;
export type TransactionStatus = (typeof transactionStatuses)[number];

/** PostgreSQL's text cannot hold U+0000, and half a surrogate pair is no character at all. */
const isStorableText = (text: string) => !/[\0\p{Surrogate}]/u.test(text);
const storableText = 'must not contain NUL or half a surrogate pair';

const idMessage = 'must be a whole number from 1 to 9223372036854775807';
const maxId = 9_223_372_036_854_775_807n; // bigint

/** Ids stay text: a JSON number is exact only up to 2^53. */
export const transactionIdSchema = z
  .string({ error: idMessage })
  .refine((id) => /^[1-9]\d{0,18}$/.test(id) && BigInt(id) <= maxId, idMessage)
  .meta({ pattern: '^[1-9][0-9]{0,18}$' });

export const createTransactionSchema = z
  .strictObject({
    accountId: z
      .string({ error: 'must be text' })
      .regex(/^[\w.:-]{1,64}$/, 'must be 1 to 64 letters, digits, ".", "_", ":" or "-"'),
    amount: amountSchema,
    currency: z
      .string({ error: 'must be text' })
      .refine((code) => currencies.has(code), 'must be an active ISO 4217 code in capital letters, for example EUR')
      .meta({ pattern: '^[A-Z]{3}$', description: 'ISO 4217' }),
    description: z
      .string({ error: 'must be text' })
      .max(500, 'must have at most 500 characters')
      .refine(isStorableText, storableText)
      .optional(),
  })
  .meta({ id: 'NewTransaction' });

export type NewTransaction = z.output<typeof createTransactionSchema>;

const limitMessage = 'must be a whole number from 1 to 500';
export const defaultLimit = 50;

export const listQuerySchema = z.strictObject({
  limit: z
    .preprocess(
      (value) => (typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : value),
      z.number({ error: limitMessage }).int().min(1, limitMessage).max(500, limitMessage),
    )
    .default(defaultLimit)
    .meta({ description: 'How many at most.' }),
  cursor: z
    .string({ error: 'must be given once' })
    .optional()
    .meta({ description: '`nextCursor` of the page before; opaque.' }),
  status: z
    .enum(transactionStatuses, { error: `must be one of ${transactionStatuses.join(', ')}` })
    .optional()
    .meta({ description: 'Only transactions in this state.' }),
});
