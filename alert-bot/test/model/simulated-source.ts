import type { AlertReport, AlertSource } from '../../src/verify/alert-source.ts';
import type { ModelClock } from './model-clock.ts';
import type { SimulatedAlertmanager } from './simulated-alertmanager.ts';
import type { SimulatedPrometheus } from './simulated-prometheus.ts';

/** Asks both, as the bot's own sources do: Prometheus for the state, Alertmanager for what is suppressed. */
export function createSimulatedSource(
  clock: ModelClock,
  prometheus: SimulatedPrometheus,
  alertmanager: SimulatedAlertmanager,
): AlertSource & { latencyMs: number } {
  const source = {
    latencyMs: 20,
    configured: true,
    look: async (alert: { fingerprint: string; labels: Readonly<Record<string, string>> }, since?: number) => {
      await clock.sleep(source.latencyMs);
      const answer = prometheus.look(alert.labels, since);
      const known = alertmanager.isUp() && alertmanager.holds(alert.fingerprint);
      const state = answer.state === 'unknown' && known ? 'firing' : answer.state;
      return { ...answer, state, ...suppression(alert) };
    },
    status: () => [],
    probe: async () => undefined,
  };

  function suppression({
    labels,
    fingerprint,
  }: {
    labels: Readonly<Record<string, string>>;
    fingerprint: string;
  }): Pick<AlertReport, 'suppressed'> {
    if (!alertmanager.isUp()) return { suppressed: 'unknown' };
    const suppressed = alertmanager.holds(fingerprint) ? alertmanager.suppressionOf(labels) : undefined;
    return suppressed ? { suppressed } : {};
  }
  return source;
}
