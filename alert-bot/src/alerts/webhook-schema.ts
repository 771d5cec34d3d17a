import * as z from 'zod';

const time = z.iso.datetime({ offset: true }).nullish();

const webhookAlert = z.object({
  status: z.enum(['firing', 'resolved']).nullish().meta({ description: 'missing: that of the delivery, else firing' }),
  labels: z.record(z.string(), z.string()).meta({ description: 'at least one with a value; long ones are cut' }),
  annotations: z.record(z.string(), z.string()).nullish(),
  startsAt: time.meta({ description: 'missing: the open episode of these labels, else now' }),
  endsAt: time,
  generatorURL: z.string().nullish(),
  fingerprint: z.string().nullish().meta({ description: 'missing: computed as Alertmanager does' }),
});

/**
 * What `POST /alert` asks for, for the OpenAPI document: Alertmanager's webhook v4, or the hand-written short form, which may
 * have nothing but labels. `parseDelivery` reads it, and takes more than this.
 */
export const webhookPayload = z.object({
  status: z.enum(['firing', 'resolved']).optional(),
  receiver: z.string().nullish(),
  truncatedAlerts: z.int().min(0).nullish(),
  alerts: z.array(webhookAlert),
});
