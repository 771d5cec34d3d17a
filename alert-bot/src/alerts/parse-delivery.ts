import type { Alert, PayloadProblem, ReadDelivery } from './alert.ts';
import { alertLimits as limits } from './alert-limits.ts';
import { cutText } from './cut-text.ts';
import { RefusedAlert, readAlert } from './read-alert.ts';
import { readStatus } from './read-status.ts';

const maxProblems = 20;

/** Nothing of the body can be taken, and never will be: sending it again is no use. */
export class InvalidPayload extends Error {
  override readonly name = 'InvalidPayload';
  /** At most 20. */
  readonly problems: readonly PayloadProblem[];
  /** Alerts that were refused; 0 when the body is no delivery at all. */
  readonly refused: number;
  /** Alerts behind the first 100,000. */
  readonly leftOut: number;
  constructor(problems: readonly PayloadProblem[], refused = 0, leftOut = 0) {
    super(refused > 0 ? 'None of the alerts can be taken.' : 'The body is not an Alertmanager webhook payload.');
    this.problems = problems;
    this.refused = refused;
    this.leftOut = leftOut;
  }
}

/**
 * Reads a parsed JSON body, alert by alert: one that cannot be taken keeps none of the others out. Missing `status` is that of
 * the delivery, else firing; missing `startsAt` is `now` (milliseconds since the epoch); a missing or malformed `fingerprint`
 * is computed. A field of the delivery that is not what it should be is as good as missing.
 * @throws InvalidPayload
 */
export function parseDelivery(body: unknown, now: number): ReadDelivery {
  const fields = fieldsOf(body);
  const entries = fields['alerts'];
  if (!Array.isArray(entries)) throw new InvalidPayload([{ path: 'alerts', message: 'must be a list' }]);
  const status = readStatus(fields['status']);
  const alerts: Alert[] = [];
  const refused: ReadDelivery['refused'] = { count: 0, problems: [] };
  const count = Math.min(entries.length, limits.alerts);
  for (let index = 0; index < count; index += 1) {
    const read = readAlert(entries[index], { status, now });
    if (read instanceof RefusedAlert) refuse(refused, read, index);
    else alerts.push(read);
  }
  const leftOut = entries.length - count;
  if (alerts.length === 0 && refused.count > 0) throw new InvalidPayload(refused.problems, refused.count, leftOut);
  return { ...headOf(fields), alerts, refused, leftOut };
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new InvalidPayload([{ path: '', message: 'must be an object' }]);
  return body as Readonly<Record<string, unknown>>;
}

function refuse(refused: ReadDelivery['refused'], alert: RefusedAlert, index: number): void {
  refused.count += 1;
  if (refused.problems.length < maxProblems) refused.problems.push(alert.at(index));
}

function headOf({ receiver, truncatedAlerts }: Readonly<Record<string, unknown>>) {
  const isCount = typeof truncatedAlerts === 'number' && truncatedAlerts > 0;
  return {
    truncatedAlerts: isCount ? Math.min(Math.floor(truncatedAlerts), Number.MAX_SAFE_INTEGER) : 0,
    ...(typeof receiver === 'string' && receiver !== '' ? { receiver: cutText(receiver, limits.nameLength) } : {}),
  };
}
