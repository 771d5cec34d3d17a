import { instantOf } from './instant.ts';
import { payloadLimits as limits } from './payload-limits.ts';
import type { WebhookPayload } from './webhook-schema.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Says yes to a body that the schema takes, in a fifth of the schema's time: a storm has ten thousand alerts. Whatever it does
 * not say yes to is shown to the schema, which has the last word and knows why. Bodies come from `JSON.parse`.
 */
export function isPayload(body: unknown): body is WebhookPayload {
  if (!isObject(body)) return false;
  const { version, receiver, truncatedAlerts, alerts } = body;
  if (!Array.isArray(alerts) || alerts.length > limits.alerts) return false;
  const headFits =
    (version === undefined || typeof version === 'string') &&
    isText(receiver, limits.labelLength) &&
    (truncatedAlerts == null || (Number.isSafeInteger(truncatedAlerts) && (truncatedAlerts as number) >= 0));
  return headFits && alerts.every(isAlert);
}

function isAlert(alert: unknown): boolean {
  if (!isObject(alert)) return false;
  const { status, labels, annotations, startsAt, endsAt, generatorURL, fingerprint } = alert;
  return (
    (status === 'firing' || status === 'resolved' || status === undefined) &&
    isLabels(labels) &&
    (annotations == null || isAnnotations(annotations)) &&
    isInstant(startsAt) &&
    isInstant(endsAt) &&
    isText(generatorURL) &&
    isText(fingerprint)
  );
}

function isLabels(labels: unknown): boolean {
  if (!isObject(labels)) return false;
  let count = 0;
  for (const name in labels) {
    const value = labels[name];
    if (typeof value !== 'string' || value.length > limits.labelLength) return false;
    if (name.length === 0 || name.length > limits.nameLength) return false;
    count += 1;
  }
  return count > 0 && count <= limits.labels;
}

function isAnnotations(annotations: unknown): boolean {
  if (!isObject(annotations)) return false;
  let count = 0;
  for (const name in annotations) {
    if (typeof annotations[name] !== 'string') return false;
    count += 1;
  }
  return count <= limits.labels;
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown, maxLength = Number.POSITIVE_INFINITY): boolean =>
  value == null || (typeof value === 'string' && value.length <= maxLength);

const isInstant = (value: unknown): boolean =>
  value == null || (typeof value === 'string' && !Number.isNaN(instantOf(value)));
