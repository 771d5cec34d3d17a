import * as z from 'zod';
import { incidentPhases } from '../healer/healer.ts';
import { outcomes } from '../incidents/outcome.ts';

/** Who asked and why; both are recorded. Without `by` the client's address stands in. */
export const controlBody = z.strictObject({
  by: z.string().trim().min(1).max(200).optional().meta({ description: 'who asks; recorded', example: 'mira' }),
  note: z.string().trim().max(1_000).optional().meta({ description: 'why; recorded' }),
});

export const pauseBody = z.strictObject({
  minutes: z
    .number()
    .positive('must be more than 0')
    .max(10_080, 'must be at most 10080: a week')
    .meta({ example: 30 }),
  reason: z.string().trim().max(1_000).optional().meta({ example: 'deploy' }),
  by: controlBody.shape.by,
});

export const incidentsQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a whole number from 1 to 500')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 500, 'must be a whole number from 1 to 500')
    .default(50),
  cursor: z.string().min(1).max(500).optional(),
  status: z.enum(['firing', 'resolved']).optional(),
  phase: z.enum(incidentPhases).optional(),
  outcome: z.enum(outcomes).optional(),
  open: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional()
    .meta({ description: 'in any phase but `closed`, or closed' }),
  project: z.string().max(200).optional(),
  service: z
    .string()
    .max(500)
    .optional()
    .meta({ description: 'a service of the home project, or of `project`; or project/service' }),
  alertname: z.string().max(500).optional(),
  text: z.string().max(200).optional().meta({ description: 'part of an id, a label, a reason or the summary' }),
});
