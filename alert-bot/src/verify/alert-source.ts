/** `pending`: the condition is true again and the rule's `for` is running. `unknown`: nobody could say. */
export type AlertState = 'firing' | 'pending' | 'gone' | 'unknown';

export interface SourcedAlert {
  fingerprint: string;
  labels: Readonly<Record<string, string>>;
}

/** Whether an alert still fires, asked of those who know instead of waiting for a webhook that may never come. */
export interface AlertSource {
  /** Someone can be asked. When nobody can, Alertmanager's `resolved` is all there is. */
  readonly configured: boolean;
  /** `since`: in milliseconds since the epoch; an answer that is not based on an evaluation after it is `unknown`. */
  state(alert: SourcedAlert, since?: number): Promise<AlertState>;
}

export const noAlertSource: AlertSource = { configured: false, state: async () => 'unknown' };

/**
 * Prometheus knows best. Without its answer Alertmanager may still say that the alert fires, but "not there" from it
 * proves nothing: it ends alerts by itself some minutes after Prometheus died. Only where no Prometheus is configured is
 * Alertmanager's word taken both ways.
 */
export function combineSources(
  prometheus: AlertSource | undefined,
  alertmanager: AlertSource | undefined,
): AlertSource {
  const first = prometheus ?? alertmanager;
  if (!first) return noAlertSource;
  return {
    configured: true,
    state: async (alert, since) => {
      const state = await first.state(alert, since);
      if (state !== 'unknown' || !prometheus || !alertmanager) return state;
      return (await alertmanager.state(alert, since)) === 'firing' ? 'firing' : 'unknown';
    },
  };
}
