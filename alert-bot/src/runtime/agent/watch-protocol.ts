import * as z from 'zod';
import type { WatchItem } from '../watch.ts';

const container = z.object({
  id: z.string(),
  name: z.string(),
  project: z.string(),
  service: z.string(),
  optedIn: z.boolean(),
  state: z.enum(['up', 'down']),
  health: z.enum(['healthy', 'unhealthy', 'starting', 'none']),
  restartCount: z.number(),
  unhealthySince: z.number().exactOptional(),
  stoppedBy: z.enum(['person', 'itself']).exactOptional(),
  stopGraceMs: z.number().exactOptional(),
  words: z.record(z.string(), z.string()).exactOptional(),
});

const item: z.ZodType<WatchItem> = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('event'),
    action: z.enum(['create', 'start', 'stop', 'kill', 'die', 'oom', 'destroy', 'rename', 'healthy', 'unhealthy']),
    container,
    at: z.number(),
    exitCode: z.number().exactOptional(),
    signal: z.string().exactOptional(),
    own: z.literal(true).exactOptional(),
  }),
  z.object({ type: z.literal('list'), containers: z.array(container) }),
  z.object({ type: z.literal('lost'), reason: z.string() }),
]);

/** `GET /v2/watch?after=…&waitMs=…`: what happened to the containers after that place, and the next place to ask from. */
export const newsAnswer = z.object({ items: z.array(item), next: z.string() });

export const watchQuery = z.strictObject({
  after: z.string().max(100).optional(),
  waitMs: z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .refine((ms) => ms <= 30_000, 'must be at most 30000')
    .default(0),
});
