import { createMetrics, type Metrics, type Sample } from '@stack/service-kit/metrics';
import { reasons } from './decide/reason.ts';
import type { HealerMetrics, HealerStats } from './healer/healer.ts';
import { type ChannelName, channelNames } from './incidents/outbox.ts';
import { createTargetMetrics, labelsOf } from './target-metrics.ts';
import type { TargetName } from './targets/target-name.ts';
import type { SourceStatus } from './verify/alert-source.ts';

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

interface GaugeOfStats {
  name: string;
  help: string;
  label?: string | readonly string[];
  read: (stats: HealerStats, known: readonly TargetName[]) => number | Record<string, number> | Sample[];
}

const sourceGauge = 'alertbot_source_up';

/** Gauges that are read from the healer at scrape time. */
const gaugesOfStats: readonly GaugeOfStats[] = [
  { name: 'alertbot_open_incidents', help: 'Incidents without a final outcome.', read: (s) => s.openIncidents },
  { name: 'alertbot_queue_length', help: 'Actions that wait for their turn.', read: (s) => s.queueLength },
  { name: 'alertbot_quarantined_targets', help: 'Targets in quarantine.', read: (s) => s.quarantined.length },
  {
    name: 'alertbot_target_quarantined',
    help: '1 while the target is in quarantine.',
    label: ['project', 'service'],
    read: ({ quarantined }, known) => oneFor(known, quarantined),
  },
  { name: 'alertbot_budget_remaining', help: 'Actions left in the current hour.', read: (s) => s.budget.remaining },
  { name: 'alertbot_paused', help: '1 while paused.', read: (s) => Number(s.paused !== null) },
  {
    name: 'alertbot_last_watchdog_timestamp_seconds',
    help: 'When the Watchdog alert was last received; 0 if never.',
    read: (s) => (s.lastWatchdogAt ?? 0) / 1_000,
  },
  {
    name: 'alertbot_runtime_up',
    help: '1 when the container runtime answered last time it was asked.',
    read: (s) => Number(s.runtimeUp),
  },
  { name: 'alertbot_incident_log_bytes', help: 'Size of the current incident log file.', read: (s) => s.log.bytes },
  {
    name: 'alertbot_runbooks_reload_success',
    help: '1 when the last load of the runbooks was good.',
    read: (s) => Number(s.runbooks.lastError === null),
  },
  {
    name: 'alertbot_notifications_waiting',
    help: 'Messages that a person must hear and that are not delivered yet.',
    label: 'channel',
    read: ({ notifications }) =>
      byChannel((name) => notifications.find(({ channel }) => channel === name)?.waiting ?? 0),
  },
  {
    name: 'alertbot_notifications_oldest_timestamp_seconds',
    help: 'When the oldest message that waits should have been delivered; 0 when none waits.',
    label: 'channel',
    read: ({ notifications }) =>
      byChannel((name) => {
        const oldestAt = notifications.find(({ channel }) => channel === name)?.oldestAt;
        return oldestAt ? Date.parse(oldestAt) / 1_000 : 0;
      }),
  },
];

const byChannel = (read: (name: ChannelName) => number) =>
  Object.fromEntries(channelNames.map((name) => [name, read(name)]));

/** 1 or 0 for each target that is known; and 1 for one that has left the runbooks and is still in quarantine. */
function oneFor(known: readonly TargetName[], quarantined: readonly TargetName[]): Sample[] {
  const texts = new Set(quarantined.map(({ target }) => target));
  return [...known.filter(({ target }) => !texts.has(target)), ...quarantined].map((name) => ({
    labels: labelsOf(name),
    value: Number(texts.has(name.target)),
  }));
}

/** Registers the gauges that show the healer's state as it is at the moment of the scrape. */
export function registerHealerGauges({ metrics, known }: AlertBotMetrics, stats: () => HealerStats): void {
  for (const { name, help, label, read } of gaugesOfStats)
    metrics.collectedGauge({ name, help, collect: () => read(stats(), known()), ...(label ? { label } : {}) });
}

/** Which of the configured sources of alerts answer. One that is not configured has no sample: it is neither up nor down. */
export function registerSourceGauge(metrics: Metrics, status: () => readonly SourceStatus[]): void {
  metrics.collectedGauge({
    name: sourceGauge,
    help: '1 when the configured source of alerts answered last time it was asked.',
    label: 'source',
    collect: () => Object.fromEntries(status().map(({ source, up }) => [source, Number(up)])),
  });
}

/** Where a browser reaches the bot, so that dashboards can link to it whatever its port is. */
export function registerLink(metrics: Metrics, url: string): void {
  metrics
    .gauge('alertbot_link_info', 'Always 1; the label is where a browser reaches the bot.', { url: [url] })
    .set({ url }, 1);
}

/** The core's hooks, counted in our metrics. */
export function toHealerMetrics(metrics: AlertBotMetrics): HealerMetrics {
  return {
    alertReceived: (status, count) => metrics.alertsReceived.inc({ status }, count),
    decided: (reason, count) => metrics.decisions.inc({ reason }, count),
    detected: (seconds) => metrics.detect.observe(seconds),
    acted: (seconds) => metrics.act.observe(seconds),
    verified: (seconds) => metrics.verify.observe(seconds),
    healed: (seconds) => metrics.timeToHeal.observe(seconds),
    actionDone: ({ type: action, purpose, ...target }, ok) =>
      metrics.actionsDone.inc({ action, ...labelsOf(target), purpose, result: ok ? 'ok' : 'failed' }),
    actionFinished: ({ type: action, purpose, ...target }, outcome) =>
      metrics.actions.inc({ action, ...labelsOf(target), purpose, outcome }),
    escalated: (target) => metrics.escalations.inc(labelsOf(target)),
    targetsKnown: (targets) => metrics.know(targets),
    notified: (channel, result, count) => metrics.notifications.inc({ channel, result }, count),
    logFailed: () => metrics.incidentLogErrors.inc(),
  };
}

export type AlertBotMetrics = ReturnType<typeof createAlertBotMetrics>;

/**
 * The bot's own metrics, as prometheus/metrics.md lists them. `know` is told the targets: the series of each exist at zero from
 * then on.
 */
export function createAlertBotMetrics() {
  const collectors = [...gaugesOfStats.map(({ name }) => name), sourceGauge];
  const metrics = createMetrics({ prefix: 'alertbot', collectors });
  const { counter, histogram } = metrics;
  return {
    metrics,
    ...createTargetMetrics(counter),
    deliveries: counter('alertbot_deliveries_total', 'Webhook deliveries by answer.', { result: deliveryResults }),
    alertsReceived: counter('alertbot_alerts_received_total', 'Alerts inside accepted deliveries.', {
      status: ['firing', 'resolved'],
    }),
    alertsRefused: counter('alertbot_alerts_refused_total', 'Alerts of deliveries that could not be taken.'),
    decisions: counter('alertbot_decisions_total', 'Decisions by reason.', { reason: reasons }),
    detect: histogram(
      'alertbot_detect_seconds',
      "From the alert's startsAt to its first arrival; without the Watchdog.",
      longBuckets,
    ),
    act: histogram('alertbot_act_seconds', 'From the beginning of the action to its end.', shortBuckets),
    verify: histogram('alertbot_verify_seconds', 'From the end of the action to its verified outcome.', longBuckets),
    timeToHeal: histogram('alertbot_time_to_heal_seconds', "From the alert's startsAt to healed.", longBuckets),
    incidentLogErrors: counter('alertbot_incident_log_errors_total', 'Appends to the incident log that failed.'),
    notifications: counter('alertbot_notifications_total', 'Messages to people.', {
      channel: channelNames,
      result: ['sent', 'failed', 'expired', 'dropped'],
    }),
  };
}
