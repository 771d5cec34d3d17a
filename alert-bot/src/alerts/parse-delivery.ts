import type { Alert, Delivery } from './alert.ts';
import { fingerprintOf } from './fingerprint.ts';
import { instantOf } from './instant.ts';
import { isPayload } from './is-payload.ts';
import { payloadLimits } from './payload-limits.ts';
import { type WebhookAlert, type WebhookPayload, webhookPayload } from './webhook-schema.ts';

const { annotationLength } = payloadLimits;

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
  if (isPayload(body)) return body;
  const result = webhookPayload.safeParse(body);
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

const isFingerprint = /^[0-9a-f]{16}$/;

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
    fingerprint: isFingerprint.test(alert.fingerprint ?? '') ? (alert.fingerprint as string) : fingerprintOf(labels),
    ...(status === 'resolved' ? { endsAt: endsAt ?? now } : {}),
    ...(alert.generatorURL ? { generatorURL: alert.generatorURL.slice(0, annotationLength) } : {}),
  };
}

/** Go's zero time, `0001-01-01T00:00:00Z`, is Alertmanager's way to say "none". */
function timeOf(text: string | null | undefined): number | undefined {
  const time = text ? instantOf(text) : Number.NaN;
  return time > 0 ? time : undefined;
}

/** An empty label and no label are the same thing to Prometheus. */
function withoutEmpty(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const name in labels)
    if (labels[name] === '') return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
  return labels;
}

/** Copies only what has to be cut. */
function shortened(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const name in annotations) if ((annotations[name] as string).length > annotationLength) return cut(annotations);
  return annotations;
}

const cut = (annotations: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(annotations).map(([name, value]) => [name, value.slice(0, annotationLength)]));
