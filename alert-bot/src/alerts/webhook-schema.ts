import * as z from 'zod';
import { instantOf } from './instant.ts';
import { payloadLimits as limits } from './payload-limits.ts';

const labelSet = z.record(z.string().min(1).max(limits.nameLength), z.string().max(limits.labelLength));
const tooMany = (what: string) => ({ error: `must not have more than ${limits.labels} ${what}` });
const atMost = (record: object) => Object.keys(record).length <= limits.labels;

const instant = z.string().refine((text) => !Number.isNaN(instantOf(text)), {
  error: 'must be an RFC 3339 time, for example 2026-01-31T12:00:00Z',
});

/**
 * One alert of Alertmanager's webhook v4, or of the hand-written short form, which may have nothing but labels. Unknown
 * keys are ignored: Alertmanager adds some without changing the version.
 */
const webhookAlert = z.object({
  status: z.enum(['firing', 'resolved']).optional(),
  labels: labelSet
    .refine((labels) => Object.keys(labels).length > 0, { error: 'must have at least one label' })
    .refine(atMost, tooMany('labels')),
  annotations: z.record(z.string(), z.string()).refine(atMost, tooMany('annotations')).nullish(),
  startsAt: instant.nullish(),
  endsAt: instant.nullish(),
  generatorURL: z.string().nullish(),
  fingerprint: z.string().nullish(),
});

/** The body of `POST /alert`. `isPayload` says the same for bodies without a mistake. */
export const webhookPayload = z.object({
  version: z.string().optional(),
  receiver: z.string().max(limits.labelLength).nullish(),
  truncatedAlerts: z.int().min(0).nullish(),
  alerts: z.array(webhookAlert).max(limits.alerts),
});

export type WebhookAlert = z.infer<typeof webhookAlert>;
export type WebhookPayload = z.infer<typeof webhookPayload>;
