import type { InjectedFault } from './prometheus/injected-faults.ts';
/**
 * `pending`: the condition is true again and the rule's `for` is running. `gone`: somebody who knows this alert, and could see
 * its targets, looked and does not have it. `unknown`: nobody could say.
 */
export type AlertState = 'firing' | 'pending' | 'gone' | 'unknown';

export interface SourcedAlert {
  fingerprint: string;
  labels: Readonly<Record<string, string>>;
}

/** A silence or an inhibition in Alertmanager that covers the alert now. */
export interface Suppression {
  by: 'silence' | 'inhibition';
  /** When the silence ends, in milliseconds since the epoch; absent for an inhibition. */
  until?: number;
  /** In words: the silence's comment and author, or the fingerprints of the inhibiting alerts. */
  detail?: string;
}

export interface AlertReport {
  state: AlertState;
  /**
   * Absent: not suppressed, as far as anybody who was asked knows. `unknown`: an Alertmanager is configured and did not say.
   */
  suppressed?: Suppression | 'unknown';
  /**
   * The evaluation that the answer rests on, in milliseconds since the epoch of Prometheus' clock: two looks at one evaluation
   * are one look. Compare it with another one only. Absent where the source has no evaluations (Alertmanager alone).
   */
  evaluatedAt?: number;
  /** What the answer rests on or what is missing, in words, for the log: `Prometheus was started after the action`. */
  detail?: string;
}

export interface SourceStatus {
  source: 'prometheus' | 'alertmanager' | 'engine';
  /** Answered when it was last asked; true before it was ever asked. */
  up: boolean;
  /** Why not, in words. Never contains a credential. */
  error?: string;
}

/** Whether an alert still fires, asked of those who know instead of waiting for a webhook that may never come. */
export interface AlertSource {
  /** Someone can be asked. When nobody can, Alertmanager's `resolved` is all there is. */
  readonly configured: boolean;
  /** Someone can be asked about this alert, although nobody can about others: the container engine knows its own. */
  knows?(alert: SourcedAlert): boolean;
  /**
   * Never rejects, and answers within a few seconds however its neighbours hang. `since`, in milliseconds since the epoch: an
   * answer that is not based on an evaluation after it, with samples of the rule's targets after it, is no `gone`.
   */
  look(alert: SourcedAlert, since?: number): Promise<AlertReport>;
  /** One entry for each configured source, for `/health` and the metrics. */
  status(): readonly SourceStatus[];
  /** Asks the configured sources whether they answer, so that `status` is true also when no alert fires. */
  probe(): Promise<void>;
  /** The faults that somebody has switched on, where Prometheus says so; as of the last `lookForFaults`. */
  injectedFaults?(): readonly InjectedFault[];
  lookForFaults?(): Promise<void>;
}

export const noAlertSource: AlertSource = {
  configured: false,
  look: async () => ({ state: 'unknown' }),
  status: () => [],
  probe: async () => undefined,
};
