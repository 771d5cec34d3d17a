import { processFaultShape } from '@stack/service-kit/process-fault-shape';
import * as z from 'zod';

/** Longer would let a batch outlive the default STALL_AFTER_MS: that is what `stall` is for. */
const maxExtraLatencyMs = 20_000;

/** The body of `PUT /faults`, next to `durationSeconds`. */
export const faultShape = {
  /** The loops stop at their next batch boundary; the process answers as if nothing were wrong. */
  stall: z.boolean().optional(),
  /** Added to the payment processor's latency: the same replica settles less per second. */
  latencyMs: z.int().min(0).max(maxExtraLatencyMs).optional(),
  ...processFaultShape,
  /** The process dies of an uncaught exception right after the answer. */
  crash: z.boolean().optional(),
};

export type WorkerFaults = z.output<z.ZodObject<typeof faultShape>>;
