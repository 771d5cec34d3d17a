import * as z from 'zod';

const unitMs = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
]);
const shape = /^(?:\d{1,15}(?:ms|[smhdw]))+$/;
const maxMs = 30 * 86_400_000;
const error = 'must be a duration like 90s, 1m30s or 2h';

/** A duration as Prometheus writes it (`90s`, `1m30s`, `2h`), in milliseconds. */
export const duration = z
  .string({ error })
  .regex(shape, { error })
  .transform((text) =>
    [...text.matchAll(/(\d+)(ms|[smhdw])/g)].reduce(
      (sum, [, count, unit]) => sum + Number(count) * (unitMs.get(unit as string) as number),
      0,
    ),
  )
  .pipe(z.number().max(maxMs, { error: 'must not be longer than 30 days' }));
