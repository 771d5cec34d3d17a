import type { Alert } from '../alerts/alert.ts';
import type { Healer, IntakeResult } from '../healer/healer.ts';
import { incidentId } from '../incidents/incident.ts';
import type { AlertBotMetrics } from '../metrics.ts';
import type { EngineSource } from './engine-source.ts';

export interface AnswerCopiesOptions {
  healer: Pick<Healer, 'intake' | 'incidents'>;
  engine: Pick<EngineSource, 'owns'>;
  metrics: Pick<AlertBotMetrics, 'decisions'>;
}

/**
 * Alertmanager sends alerts of the engine back to the bot that told it of them. The engine has told them already, and will tell
 * their end: a copy is answered and changes nothing. Alertmanager also ends alerts that it has not heard of for a while.
 */
export function answerCopies({ healer, engine, metrics }: AnswerCopiesOptions): Healer['intake'] {
  const openIncident = ({ fingerprint }: Alert) =>
    healer.incidents({ limit: 1, open: true, text: fingerprint }).items[0]?.id;
  return async (delivery) => {
    const isCopy = delivery.alerts.map((alert) => engine.owns(alert));
    const count = isCopy.filter(Boolean).length;
    if (count === 0) return healer.intake(delivery);
    const others = delivery.alerts.filter((_, index) => !isCopy[index]);
    const results = others.length > 0 ? await healer.intake({ ...delivery, alerts: others }) : [];
    metrics.decisions.inc({ reason: 'duplicate' }, count);
    return delivery.alerts.map((alert, index) =>
      isCopy[index] ? duplicate(alert, openIncident(alert)) : (results.shift() as IntakeResult),
    );
  };
}

const duplicate = (alert: Alert, open: string | undefined): IntakeResult => ({
  incident: open ?? incidentId(alert),
  alertname: alert.labels['alertname'] ?? '',
  fingerprint: alert.fingerprint,
  decision: 'skip',
  reason: 'duplicate',
});
