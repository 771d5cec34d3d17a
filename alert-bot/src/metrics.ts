import { createMetrics } from '@stack/service-kit/metrics';
import { reasons } from './decide/reason.ts';
import { outcomes } from './incidents/outcome.ts';

export const deliveryResults = [
  'accepted',
  'invalid',
  'unauthorized',
  'too_large',
  'unsupported',
  'unavailable',
] as const;
export type DeliveryResult = (typeof deliveryResults)[number];

/** Seconds. From a dead service that is back in half a second to the slow ones at the end of their deadline. */
const shortBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300];
const longBuckets = [1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1_200];

export type AlertBotMetrics = ReturnType<typeof createAlertBotMetrics>;

/**
 * The bot's own metrics, as prometheus/metrics.md lists them. `services` are the targets that the runbooks name: they are
 * the closed set of the `service` label.
 */
export function createAlertBotMetrics(services: readonly string[]) {
  const metrics = createMetrics({ prefix: 'alertbot' });
  const { counter, gauge, histogram } = metrics;
  return {
    metrics,
    deliveries: counter('alertbot_deliveries_total', 'Webhook deliveries by answer.', { result: deliveryResults }),
    alertsReceived: counter('alertbot_alerts_received_total', 'Alerts inside accepted deliveries.', {
      status: ['firing', 'resolved'],
    }),
    decisions: counter('alertbot_decisions_total', 'Decisions by reason.', { reason: reasons }),
    actions: counter('alertbot_actions_total', 'Finished actions by verified outcome.', {
      action: ['restart', 'scale'],
      service: services,
      outcome: outcomes,
    }),
    escalations: counter('alertbot_escalations_total', 'Incidents handed to a person.', { service: services }),
    detect: histogram('alertbot_detect_seconds', "From the alert's startsAt to its arrival.", longBuckets),
    act: histogram('alertbot_act_seconds', 'From the arrival of the alert to the end of the action.', shortBuckets),
    verify: histogram('alertbot_verify_seconds', 'From the end of the action to its verified outcome.', longBuckets),
    timeToHeal: histogram('alertbot_time_to_heal_seconds', "From the alert's startsAt to healed.", longBuckets),
    openIncidents: gauge('alertbot_open_incidents', 'Incidents without a final outcome.'),
    queueLength: gauge('alertbot_queue_length', 'Actions that wait for their turn.'),
    quarantinedTargets: gauge('alertbot_quarantined_targets', 'Targets in quarantine.'),
    budgetRemaining: gauge('alertbot_budget_remaining', 'Actions left in the current hour.'),
    paused: gauge('alertbot_paused', '1 while paused.'),
    lastWatchdog: gauge(
      'alertbot_last_watchdog_timestamp_seconds',
      'When the Watchdog alert was last received; 0 if never.',
    ),
    runtimeUp: gauge('alertbot_runtime_up', '1 when the container runtime answered last time it was asked.'),
    incidentLogBytes: gauge('alertbot_incident_log_bytes', 'Size of the current incident log file.'),
    incidentLogErrors: counter('alertbot_incident_log_errors_total', 'Appends to the incident log that failed.'),
    runbooksReloadSuccess: gauge('alertbot_runbooks_reload_success', '1 when the last load of the runbooks was good.'),
    notifications: counter('alertbot_notifications_total', 'Messages to people.', {
      channel: ['slack', 'email'],
      result: ['sent', 'failed'],
    }),
  };
}
