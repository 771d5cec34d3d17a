import { processFaultShape, upTo } from '@stack/service-kit/process-fault-shape';
import * as z from 'zod';

const onOff = () => z.boolean('must be true or false').optional();

const shareMessage = 'must be a number from 0 to 1';

/** The body of `PUT /faults`, next to `durationSeconds`. Every value is bounded: a demonstration must not take the machine. */
export const faultShape = {
  latencyMs: upTo(60_000).meta({
    description: 'Every request to `/transactions` and `/health` waits this long first.',
  }),
  errorRate: z
    .number(shareMessage)
    .min(0, shareMessage)
    .max(1, shareMessage)
    .optional()
    .meta({ description: 'This share of them is answered with 500 `fault_injected`.' }),
  hang: onOff().meta({ description: 'They are accepted and never answered.' }),
  ...processFaultShape,
  poolExhaustion: onOff().meta({ description: 'Takes every connection of the pool and keeps it.' }),
  databaseLockMs: upTo(2_500).meta({
    description:
      'Locks the table of transactions for this long, again and again: every statement of every service waits for it.',
  }),
  connectionStorm: upTo(190).meta({
    description: 'Opens this many database connections beside the pool and keeps them.',
  }),
  crash: onOff().meta({ description: 'The process dies of an uncaught exception right after the answer.' }),
  burst: upTo(50_000).meta({
    description: 'Inserts this many pending transactions at once. It happens once and is not kept.',
  }),
};

export type ApiFaults = z.output<z.ZodObject<typeof faultShape>>;
