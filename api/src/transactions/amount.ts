import * as z from 'zod';

/** numeric(14,2) holds twelve digits before the point. */
const amountPattern = /^(0|[1-9]\d{0,11})(\.\d{1,2})?$/;
const message =
  'must be a decimal number from 0.01 to 999999999999.99 with at most 2 decimals, as a string or a number';

/** `7` → `7.00`, `12.5` → `12.50`: the one form that is stored, hashed and returned. */
function canonicalAmount(amount: string | number): string {
  const [whole, decimals = ''] = String(amount).split('.');
  return `${whole}.${decimals.padEnd(2, '0')}`;
}

/**
 * Money is never calculated with here, so it stays decimal text from the wire to the table. A JSON number is taken when
 * its shortest decimal form fits, which up to 15 digits is exactly what the client wrote: `0.1` is, `0.30000000000000004` is not.
 */
export const amountSchema = z
  .union(
    [
      z.string().regex(amountPattern, message),
      z
        .number()
        .refine((value) => amountPattern.test(String(value)), message)
        .meta({ minimum: 0.01, maximum: 999_999_999_999.99, multipleOf: 0.01 }),
    ],
    { error: message },
  )
  .transform(canonicalAmount)
  .refine((amount) => amount !== '0.00', message)
  .meta({ description: 'Decimal, more than zero, at most 2 decimals; string or number.' });
