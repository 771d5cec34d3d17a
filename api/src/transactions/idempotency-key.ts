import { createHash } from 'node:crypto';
import { ProblemError } from '@stack/service-kit/problems';
import * as z from 'zod';
import type { NewTransaction } from './schemas.ts';

export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters without spaces')
  .meta({ description: 'The same key with the same body gets the first answer again, whatever happened on the way.' });

/** @throws ProblemError validation_failed for a key that is not one; a repeated header is joined by node and so refused */
export function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const parsed = idempotencyKeySchema.safeParse(header);
  if (parsed.success) return parsed.data;
  const message = parsed.error.issues[0]?.message ?? 'is not a key';
  throw new ProblemError('validation_failed', { errors: [{ path: 'header.Idempotency-Key', message }] });
}

/** Over what the request means, not over its spelling: `"12.5"` and `12.50` are the same request. */
export const hashRequest = ({ accountId, amount, currency, description }: NewTransaction): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([accountId, amount, currency, description ?? null]))
    .digest();
