import * as z from 'zod';

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const shape = /^(?:\d+(?:ms|[smhd]))+$/;

/** A duration as Prometheus writes it (`90s`, `1m30s`, `2h`), in milliseconds. */
export const duration = z
  .string()
  .regex(shape, { error: 'must be a duration like 90s, 1m30s or 2h' })
  .transform((text) =>
    [...text.matchAll(/(\d+)(ms|[smhd])/g)].reduce(
      (sum, [, count, unit]) => sum + Number(count) * unitMs[unit as keyof typeof unitMs],
      0,
    ),
  )
  .pipe(z.number().max(30 * unitMs.d, { error: 'must not be longer than 30 days' }));
