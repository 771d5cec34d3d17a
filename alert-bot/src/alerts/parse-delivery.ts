import * as z from 'zod';
import type { Alert, Delivery } from './alert.ts';
import { fingerprintOf } from './fingerprint.ts';

/** Bounds of what one alert may carry, far above what real rules have; they keep a line of the log a line. */
const maxLabels = 100;
const maxNameLength = 256;
const maxLabelLength = 4_096;
const maxAnnotationLength = 2_048;

const labelSet = z.record(z.string().min(1).max(maxNameLength), z.string().max(maxLabelLength));
const tooMany = (what: string) => ({ error: `must not have more than ${maxLabels} ${what}` });
const atMost = (record: object) => Object.keys(record).length <= maxLabels;

/** RFC 3339, with any number of decimals: Alertmanager sends nanoseconds. */
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const instant = z.string().refine((text) => rfc3339.test(text) && !Number.isNaN(Date.parse(text)), {
  error: 'must be an RFC 3339 time, for example 2026-01-31T12:00:00Z',
});

/**
 * One alert of Alertmanager's webhook v4, or of the hand-written short form, which may have nothing but labels. Unknown
 * keys are ignored: Alertmanager adds some without changing the version.
 */
export const webhookAlert = z.object({
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

/** The body of `POST /alert`. */
export const webhookPayload = z.object({
  version: z.string().optional(),
  receiver: z.string().max(maxLabelLength).nullish(),
  truncatedAlerts: z.int().min(0).nullish(),
  alerts: z.array(webhookAlert).max(100_000),
});

type WebhookAlert = z.infer<typeof webhookAlert>;
type WebhookPayload = z.infer<typeof webhookPayload>;

/** Half the time of the interpreted schema on a 10,000-alert payload. */
const compiled = z.compile(webhookPayload);

export interface PayloadProblem {
  /** Like `alerts[3].labels.severity`. */
  path: string;
  message: string;
}

/** The body is no webhook payload and never will be: sending it again is no use. */
export class InvalidPayload extends Error {
  override readonly name = 'InvalidPayload';
  /** At most 20. */
  readonly problems: readonly PayloadProblem[];
  constructor(problems: readonly PayloadProblem[]) {
    super('The body is not an Alertmanager webhook payload.');
    this.problems = problems;
  }
}

/**
 * Reads a parsed JSON body. Missing `status` is firing, missing `startsAt` is `now` (milliseconds since the epoch), a
 * missing or malformed `fingerprint` is computed.
 * @throws InvalidPayload
 */
export function parseDelivery(body: unknown, now: number): Delivery {
  const { alerts, receiver, truncatedAlerts } = validated(body);
  return {
    alerts: alerts.map((alert) => toAlert(alert, now)),
    truncatedAlerts: truncatedAlerts ?? 0,
    ...(receiver ? { receiver } : {}),
  };
}

function validated(body: unknown): WebhookPayload {
  const result = compiled.safeParse(body);
  if (result.success) return result.data;
  throw new InvalidPayload(result.error.issues.slice(0, 20).map(toProblem));
}

function toProblem({ path, message }: { path: PropertyKey[]; message: string }): PayloadProblem {
  const text = path.reduce<string>((sofar, step) => sofar + stepText(step, sofar === ''), '');
  return { path: text, message };
}

function stepText(step: PropertyKey, first: boolean): string {
  if (typeof step === 'number') return `[${step}]`;
  return first ? String(step) : `.${String(step)}`;
}

function toAlert(alert: WebhookAlert, now: number): Alert {
  const startsAt = timeOf(alert.startsAt);
  const endsAt = timeOf(alert.endsAt);
  const status = alert.status ?? 'firing';
  const labels = withoutEmpty(alert.labels);
  return {
    status,
    labels,
    annotations: shortened(alert.annotations ?? {}),
    startsAt: startsAt ?? now,
    startsAtMissing: startsAt === undefined,
    fingerprint: /^[0-9a-f]{16}$/.test(alert.fingerprint ?? '') ? (alert.fingerprint as string) : fingerprintOf(labels),
    ...(status === 'resolved' ? { endsAt: endsAt ?? now } : {}),
    ...(alert.generatorURL ? { generatorURL: alert.generatorURL.slice(0, maxAnnotationLength) } : {}),
  };
}

/** Go's zero time, `0001-01-01T00:00:00Z`, is Alertmanager's way to say "none". */
function timeOf(text: string | null | undefined): number | undefined {
  const time = text ? Date.parse(text) : Number.NaN;
  return time > 0 ? time : undefined;
}

/** An empty label and no label are the same thing to Prometheus. */
function withoutEmpty(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (!Object.values(labels).includes('')) return labels;
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}

function shortened(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(annotations);
  return Object.fromEntries(entries.map(([name, value]) => [name, value.slice(0, maxAnnotationLength)]));
}
