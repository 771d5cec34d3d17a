import type { AlertReport, AlertState } from './alert-source.ts';

/** What Prometheus says about one alert. */
export interface PrometheusTestimony {
  /**
   * `maybe`: an alert of the same rule is active that may be this one under another value of a label. `foreign`: Prometheus
   * has never had a rule of that name, so that its silence proves nothing.
   */
  state: AlertState | 'maybe' | 'foreign';
  /** With `maybe`: the answer if that active alert is another one. */
  otherwise?: 'gone' | 'unknown';
  evaluatedAt?: number;
  detail?: string;
}

/** What Alertmanager says about one alert, by its fingerprint. */
export interface AlertmanagerTestimony {
  /** `ended`: it was there, and whoever sent it has ended it. `absent`: it is not there, which proves nothing. */
  state: 'firing' | 'ended' | 'absent' | 'unknown';
  /** It is there, but nobody has sent it lately: its sender was restarted, or is away. */
  overdue?: boolean;
  suppressed?: NonNullable<AlertReport['suppressed']>;
  detail?: string;
}
