import * as units from '@grafana/grafana-foundation-sdk/units';
import { valueTexts } from '../mappings.ts';
import { count, perSecond, plain } from '../panel-units.ts';
import type { SizedPanel } from '../panels/panel-spec.ts';
import { statePanel } from '../panels/state-panel.ts';
import { timeSeriesPanel } from '../panels/time-series-panel.ts';
import { highIsGood } from '../thresholds.ts';

/**
 * From the rule to the bot and to people: where an alert gets lost when it does.
 * @param bot label matchers of the alert bot
 */
export const alertPath = (bot: string): SizedPanel[] => [
  timeSeriesPanel({
    title: 'Prometheus: rules and sending',
    description: 'Rule evaluations that failed, and alerts that could not be handed to Alertmanager. All must be 0.',
    unit: perSecond,
    axis: 'failures per second',
    width: 8,
    queries: [
      { expr: 'sum(rate(prometheus_rule_evaluation_failures_total[$interval]))', legend: 'rules failed' },
      { expr: 'sum(rate(prometheus_notifications_dropped_total[$interval]))', legend: 'alerts dropped' },
      { expr: 'sum(rate(prometheus_notifications_errors_total[$interval]))', legend: 'sends failed' },
    ],
    colors: { 'rules failed': 'orange', 'alerts dropped': 'red', 'sends failed': 'purple' },
  }),
  timeSeriesPanel({
    title: 'Alertmanager: webhooks',
    description:
      'Webhook notifications, and those that failed for good. Failed ones are tried again at the next group interval.',
    unit: perSecond,
    axis: 'webhooks per second',
    width: 8,
    queries: [
      { expr: 'sum(rate(alertmanager_notifications_total{integration="webhook"}[$interval]))', legend: 'sent' },
      {
        expr: 'sum(rate(alertmanager_notifications_failed_total{integration="webhook"}[$interval]))',
        legend: 'failed',
      },
    ],
    colors: { failed: 'red', sent: 'green' },
  }),
  timeSeriesPanel({
    title: 'Bot: deliveries',
    description:
      'Webhook deliveries by the answer they got. Anything but "accepted" is a wrong token, a wrong body or an overload.',
    unit: perSecond,
    axis: 'deliveries per second',
    width: 8,
    queries: [{ expr: `sum by (result) (rate(alertbot_deliveries_total{${bot}}[$interval]))`, legend: '{{result}}' }],
  }),
  timeSeriesPanel({
    title: 'Bot: alerts received',
    description:
      'Alerts inside the accepted deliveries. Repeats of what fires are normal; the Watchdog is one of them.',
    unit: perSecond,
    axis: 'alerts per second',
    width: 8,
    queries: [
      { expr: `sum by (status) (rate(alertbot_alerts_received_total{${bot}}[$interval]))`, legend: '{{status}}' },
    ],
  }),
  statePanel({
    title: 'Bot: what it depends on',
    description:
      'Whether the container runtime answers and the last load of the runbooks was good. Red means that it cannot act as told.',
    unit: plain,
    width: 8,
    queries: [
      { expr: `min(alertbot_runtime_up{${bot}})`, legend: 'container runtime' },
      { expr: `min(alertbot_runbooks_reload_success{${bot}})`, legend: 'runbooks' },
    ],
    mappings: valueTexts({ 0: ['failed', 'red'], 1: ['good', 'green'] }),
    thresholds: highIsGood(1),
  }),
  timeSeriesPanel({
    title: 'Bot: messages to people',
    description:
      'Messages within the window by channel and result. All 0 while no channel is configured or nothing happened.',
    unit: count,
    width: 8,
    queries: [
      {
        expr: `sum by (channel, result) (round(increase(alertbot_notifications_total{${bot}}[$interval])))`,
        legend: '{{channel}} {{result}}',
      },
    ],
    colors: { '/failed$/': 'red' },
  }),
  timeSeriesPanel({
    title: 'Incident log',
    description: 'Size of the current log file. It falls when the file is rotated.',
    unit: units.BytesIEC,
    width: 8,
    queries: [{ expr: `max(alertbot_incident_log_bytes{${bot}})`, legend: 'current file' }],
  }),
  timeSeriesPanel({
    title: 'Incident log errors',
    description:
      'Appends that failed within the window. The bot refuses alerts that it cannot write down, so this must be 0.',
    unit: count,
    width: 8,
    queries: [
      { expr: `sum(round(increase(alertbot_incident_log_errors_total{${bot}}[$interval])))`, legend: 'failed appends' },
    ],
    colors: { 'failed appends': 'red' },
  }),
  timeSeriesPanel({
    title: 'Alertmanager: alerts',
    description: 'Alerts that Alertmanager holds: active ones are sent on, suppressed ones are inhibited or silenced.',
    unit: count,
    width: 8,
    queries: [{ expr: 'sum by (state) (alertmanager_alerts)', legend: '{{state}}' }],
  }),
];
