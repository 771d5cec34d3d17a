import type { Incident } from '../incidents/incident.ts';
import type { AlertReport } from '../verify/alert-source.ts';
import { lookAgainMs, type Skip, skip } from './decision.ts';
import { within } from './within.ts';

/** What is known of an alert at the moment of a decision that is not made by its delivery. */
export interface Knowledge {
  report: AlertReport;
  /** When a delivery last said that the alert fires, in milliseconds since the epoch. */
  heardAt: number;
  /** There is somebody to ask. When there is nobody, deliveries are all that is known. */
  configured: boolean;
}

/** An Alertmanager sends nothing that is silenced: what came so lately needs no second witness for a first action. */
const justHeardMs = 10_000;
/** Without anybody to ask, a delivery is believed for so long. */
const freshMs = 120_000;

export const isJustHeard = ({ heardAt }: Pick<Knowledge, 'heardAt'>, now: number): boolean =>
  within(heardAt, justHeardMs, now);

/** A person, or another alert, said in Alertmanager: not this one now. A silence may be ended early, so it is asked again. */
export function checkSuppressed(known: Knowledge | undefined, now: number): Skip | undefined {
  const suppressed = known?.report.suppressed;
  if (typeof suppressed !== 'object') return undefined;
  const { by, until = Number.POSITIVE_INFINITY, detail } = suppressed;
  return skip('suppressed', {
    until: Math.max(now + 1_000, Math.min(until, now + lookAgainMs.suppressed)),
    detail: detail === undefined ? by : `${by}: ${detail}`,
  });
}

/**
 * Whether the alert is known to fire now. The first action may rest on a delivery of this moment; every other one needs a
 * witness, or, where there is nobody to ask, a delivery that came after the last attempt.
 */
export function checkConfirmed(known: Knowledge, incident: Incident | undefined, now: number): Skip | undefined {
  const { report, heardAt, configured } = known;
  const isFirst = (incident?.attempts ?? 0) === 0;
  if (report.state === 'pending') return unconfirmed(now, 'the condition is true again, but not for long enough');
  if (report.state === 'firing' && report.suppressed !== 'unknown') return undefined;
  if (isFirst && isJustHeard(known, now)) return undefined;
  if (report.suppressed === 'unknown')
    return unconfirmed(now, 'Alertmanager does not say whether the alert is silenced');
  const heardSince = heardAt > (incident?.attempt?.actedAt ?? 0) && within(heardAt, freshMs, now);
  if (!configured && heardSince) return undefined;
  return unconfirmed(now, report.detail ?? 'nothing confirms that the alert still fires');
}

export const unconfirmed = (now: number, detail: string): Skip =>
  skip('unconfirmed', { until: now + lookAgainMs.unconfirmed, detail });
