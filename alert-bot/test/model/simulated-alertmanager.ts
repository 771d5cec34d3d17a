import type { Delivery } from '../../src/alerts/alert.ts';
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import type { Suppression } from '../../src/verify/alert-source.ts';
import type { ModelClock } from './model-clock.ts';

interface HeldAlert {
  labels: Record<string, string>;
  startsAt: number;
  /** Of the run: it is over then unless it is heard of again. */
  endsAt: number;
  /** Somebody said that it is over. */
  resolvedAt: number | undefined;
  /** The end is still to be told, as the beginning was. */
  told: boolean;
}

/** Without news an alert ends, as four of Prometheus' resend delays. */
const forgottenAfterMs = 60_000;
const groupWaitMs = 1_000;
const groupIntervalMs = 10_000;

export type SimulatedAlertmanager = ReturnType<typeof createSimulatedAlertmanager>;

/** Groups by name and service, repeats what fires every group interval, silences, inhibits, and ends what it hears no more of. */
export function createSimulatedAlertmanager(clock: ModelClock, deliver: (delivery: Delivery) => Promise<boolean>) {
  const alerts = new Map<string, HeldAlert>();
  const groups = new Map<string, number>();
  const silences = new Map<string, number>();
  let isUp = true;
  let startedAt = clock.now();

  function receive(labels: Record<string, string>, startsAt: number, endsAt: number | undefined): void {
    if (!isUp) return;
    const now = clock.elapsed();
    const fingerprint = fingerprintOf(labels);
    const known = alerts.get(fingerprint);
    if (endsAt !== undefined && !known) return;
    const told = known?.told ?? false;
    alerts.set(fingerprint, {
      labels,
      startsAt,
      endsAt: endsAt === undefined ? now + forgottenAfterMs : now,
      resolvedAt: endsAt,
      told,
    });
    const group = groupOf(labels);
    if (!groups.has(group)) groups.set(group, now + groupWaitMs);
  }

  function step(): 'wakes' | undefined {
    clock.after(1_000, step);
    if (!isUp) return undefined;
    let told: 'wakes' | undefined;
    const now = clock.elapsed();
    for (const alert of alerts.values()) if (alert.endsAt <= now) alert.resolvedAt ??= clock.now();
    for (const [group, dueAt] of groups) {
      if (dueAt > now) continue;
      groups.set(group, now + groupIntervalMs);
      void tell(group);
      told = 'wakes';
    }
    return told;
  }

  async function tell(group: string): Promise<void> {
    const mine = [...alerts].filter(([, { labels }]) => groupOf(labels) === group);
    const wanted = mine.filter(([, alert]) =>
      alert.resolvedAt === undefined ? !suppressionOf(alert.labels) : alert.told,
    );
    for (const [fingerprint, { resolvedAt, told }] of mine)
      if (resolvedAt !== undefined && !told) alerts.delete(fingerprint);
    if (mine.length === 0) groups.delete(group);
    if (wanted.length === 0) return;
    const taken = await deliver({
      receiver: 'alert-bot',
      truncatedAlerts: 0,
      alerts: wanted.map(([fingerprint, { labels, startsAt, resolvedAt }]) => ({
        status: resolvedAt === undefined ? 'firing' : 'resolved',
        labels,
        annotations: {},
        startsAt,
        startsAtMissing: false,
        fingerprint,
        ...(resolvedAt === undefined ? {} : { endsAt: resolvedAt }),
      })),
    });
    if (!taken) return;
    for (const [fingerprint, alert] of wanted) {
      if (alerts.get(fingerprint) !== alert) continue;
      if (alert.resolvedAt === undefined) alert.told = true;
      else alerts.delete(fingerprint);
    }
  }

  function suppressionOf(labels: Readonly<Record<string, string>>): Suppression | undefined {
    const silencedUntil = silences.get(labels['alertname'] ?? '') ?? 0;
    const leftMs = silencedUntil - clock.elapsed();
    if (leftMs > 0) return { by: 'silence', until: clock.now() + leftMs };
    const source = [...alerts.values()].find(
      ({ labels: { alertname }, resolvedAt }) => alertname === 'DatabaseDown' && resolvedAt === undefined,
    );
    const isInhibited = source && inhibited.has(labels['alertname'] ?? '');
    return isInhibited ? { by: 'inhibition', detail: 'DatabaseDown' } : undefined;
  }

  step();
  return {
    receive,
    suppressionOf,
    /** What its API shows: alerts that have not ended, and silences. */
    alerts: () => [...alerts].filter(([, { resolvedAt }]) => resolvedAt === undefined),
    silences: () => [...silences].filter(([, until]) => until > clock.elapsed()),
    startedAt: () => startedAt,
    isUp: () => isUp,
    holds: (fingerprint: string): boolean => {
      const alert = alerts.get(fingerprint);
      return alert !== undefined && alert.resolvedAt === undefined;
    },
    silence: (alertname: string, ms: number) => silences.set(alertname, clock.elapsed() + ms),
    unsilence: (alertname: string) => silences.delete(alertname),
    stop: () => {
      isUp = false;
    },
    /** Silences are kept on disk; alerts come again from Prometheus. */
    start: () => {
      isUp = true;
      startedAt = clock.now();
      alerts.clear();
      groups.clear();
    },
  };
}

const groupOf = ({ alertname = '', service = '' }: Readonly<Record<string, string>>): string =>
  `${alertname} ${service}`;

const inhibited: ReadonlySet<string> = new Set(['APIHighLatency', 'WorkerBacklogHigh', 'WorkerStalled']);
