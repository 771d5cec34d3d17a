import type { Alert, Delivery } from '../alerts/alert.ts';
import type { IntakeResult } from '../healer/healer.ts';
import { incidentId } from '../incidents/incident.ts';
import type { EngineSource } from './engine-source.ts';

type Intake = (delivery: Delivery) => Promise<IntakeResult[]>;

export interface AnswerCopiesOptions {
  intake: Intake;
  engine: Pick<EngineSource, 'owns'>;
  /** The open incident of a fingerprint. */
  openIncident: (alert: Alert) => string | undefined;
  onCopies: (count: number) => void;
}

/**
 * Alertmanager sends alerts of the engine back to the bot that told it of them. The engine has told them already, and will tell
 * their end: a copy is answered and changes nothing. Alertmanager also ends alerts that it has not heard of for a while.
 */
export function answerCopies({ intake, engine, openIncident, onCopies }: AnswerCopiesOptions): Intake {
  return async (delivery) => {
    const isCopy = delivery.alerts.map((alert) => engine.owns(alert));
    const count = isCopy.filter(Boolean).length;
    if (count === 0) return intake(delivery);
    const others = delivery.alerts.filter((_, index) => !isCopy[index]);
    const results = others.length > 0 ? await intake({ ...delivery, alerts: others }) : [];
    onCopies(count);
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
