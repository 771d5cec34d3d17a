import type { Alert, Delivery } from '../alerts/alert.ts';
import type { Reason } from '../decide/reason.ts';
import type { NewEvent } from '../incidents/event.ts';
import { incidentId } from '../incidents/incident.ts';
import { incidentBytes } from '../incidents/incident-bytes.ts';
import { TrialHistory } from '../incidents/trial-history.ts';
import { targetNameOf } from '../targets/target-name.ts';
import type { Core } from './core.ts';
import { HealerUnavailable, type IntakeResult } from './healer.ts';
import { adopt, type Judgement, judgeDelivered, type World } from './judge.ts';
import { rfc3339 } from './summary.ts';

/** Long enough for five hundred alerts of ordinary size. */
const sliceMs = 10;
const mostLookedThrough = 1_000;
/** No alert comes in with more. */
const mostBytes = 48 * 1_024;

interface Waiting {
  delivery: Delivery;
  resolve: (results: IntakeResult[]) => void;
  reject: (error: unknown) => void;
}

/**
 * Takes deliveries: all that wait are decided in one go, each seeing the decisions before it, and recorded with one flush.
 * Decided on a layer over the memory, so that a batch that cannot be recorded leaves no trace.
 */
export function createIntake(core: Core, onDecided: (results: readonly IntakeResult[]) => void) {
  let waiting: Waiting[] = [];
  let draining = false;
  /** What the waiting deliveries may need in the memory. */
  let room: Room = { alerts: 0, bytes: 0 };

  const look = () => core.observer.recent(core.timing.intakeObserveMs);

  async function drain(): Promise<void> {
    if (draining) return;
    draining = true;
    while (waiting.length > 0) {
      const looked = needsLook(core, waiting);
      const early = looked ? await look() : undefined;
      await core.exclusively(async () => {
        const batch = waiting;
        waiting = [];
        room = { alerts: 0, bytes: 0 };
        await takeBatch(batch, looked || !needsLook(core, batch) ? early : await look());
      });
    }
    draining = false; // in the same turn as the last look at `waiting`: nothing can slip in between
  }

  async function takeBatch(batch: readonly Waiting[], observed: Awaited<ReturnType<Core['observer']['recent']>>) {
    try {
      const history = new TrialHistory(core.history);
      const now = core.now();
      const home = observed?.project ?? core.observer.home();
      const world = { history, observed, policy: core.options.runbooks.current(), home, now, at: rfc3339(now) };
      const judged: Judgement[][] = [];
      for (const { delivery } of batch) judged.push(await judgeInSlices(delivery, world));
      const events: NewEvent[] = judged.flat().flatMap((judgement) => judgement.events);
      await core.record(events);
      remember(core, batch, judged);
      for (const [index, { resolve }] of batch.entries()) resolve((judged[index] ?? []).map(({ result }) => result));
      onDecided(judged.flat().map(({ result }) => result));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  const take = (delivery: Delivery, bytes: number): Promise<IntakeResult[]> =>
    new Promise((resolve, reject) => {
      waiting.push({ delivery, resolve, reject });
      room = { alerts: room.alerts + delivery.alerts.length, bytes: room.bytes + bytes };
      void drain();
    });

  return async (delivery: Delivery): Promise<IntakeResult[]> => {
    core.assertRunning();
    const all = needOf(delivery.alerts);
    if (hasRoomFor(core, room, all)) return take(delivery, all.bytes);
    const known = delivery.alerts.filter((alert) => isOpen(core, alert));
    const fresh = needOf(delivery.alerts.filter((alert) => !isOpen(core, alert)));
    if (fresh.alerts === 0 || hasRoomFor(core, room, fresh)) return take(delivery, fresh.bytes);
    // What is known already needs no room: its end, above all, makes some. The sender will send the others again.
    if (known.length > 0) await take({ ...delivery, alerts: known }, 0);
    throw new HealerUnavailable('queue_full', 'Too many incidents are open.', 10);
  };
}

interface Room {
  alerts: number;
  bytes: number;
}

/** Few alerts are not measured: it costs more than it tells. */
const needOf = (alerts: readonly Alert[]): Room => ({
  alerts: alerts.length,
  bytes: alerts.length < 10 ? alerts.length * mostBytes : alerts.reduce((sum, alert) => sum + incidentBytes(alert), 0),
});

function hasRoomFor({ history, timing }: Core, waiting: Room, more: Room): boolean {
  const count = history.openCount + waiting.alerts + more.alerts;
  return count <= timing.maxOpen && history.hasRoomFor(waiting.bytes + more.bytes);
}

const isOpen = ({ history }: Core, alert: Alert): boolean => history.isOpen(incidentId(adopt(alert, history)));

/**
 * Whether a decision may depend on the containers: asking the engine takes longer than all the rest, and alerts that no
 * runbook names are many. In a storm finding that out would cost more than one look.
 */
function needsLook(core: Core, batch: readonly Waiting[]): boolean {
  const alerts = batch.flatMap(({ delivery }) => delivery.alerts);
  if (alerts.length > mostLookedThrough) return true;
  const { runbooks } = core.options.runbooks.current();
  const until = performance.now() + sliceMs;
  // a pattern on a long value can take longer than a look
  return alerts.some(
    ({ status, labels }) =>
      status === 'firing' && (performance.now() > until || runbooks.some((runbook) => runbook.matches(labels))),
  );
}

/** A storm of ten thousand alerts must not keep health checks and scrapes waiting. */
async function judgeInSlices({ alerts, receiver }: Delivery, world: World): Promise<Judgement[]> {
  const judged: Judgement[] = [];
  let until = performance.now() + sliceMs;
  for (const alert of alerts) {
    if (performance.now() > until) {
      await new Promise((resolve) => setImmediate(resolve));
      until = performance.now() + sliceMs;
    }
    judged.push(judgeDelivered(alert, receiver, world));
  }
  return judged;
}

function remember(core: Core, batch: readonly Waiting[], judged: readonly Judgement[][]): void {
  const now = core.now();
  const counts = { statuses: new Map<Alert['status'], number>(), reasons: new Map<Reason, number>() };
  for (const [index, { delivery }] of batch.entries()) {
    const judgements = judged[index] ?? [];
    for (const [position, alert] of delivery.alerts.entries()) {
      const judgement = judgements[position] as Judgement;
      countOne(counts.statuses, alert.status);
      countOne(counts.reasons, judgement.result.reason);
      rememberOne(core, alert, judgement, now);
    }
  }
  for (const [status, count] of counts.statuses) core.options.metrics.alertReceived(status, count);
  for (const [reason, count] of counts.reasons) core.options.metrics.decided(reason, count);
}

/** A counter that finds its labels ten thousand times takes longer than all decisions. */
const countOne = <T>(counts: Map<T, number>, key: T) => void counts.set(key, (counts.get(key) ?? 0) + 1);

function countRelapses(core: Core, events: readonly NewEvent[]): void {
  for (const event of events) {
    if (event.type !== 'relapsed') continue;
    const type = core.history.incident(event.incident)?.attempt?.action.type ?? 'restart';
    core.options.metrics.actionFinished({ type, ...targetNameOf(event), purpose: 'repair' }, 'relapsed');
  }
}

/** The Watchdog has fired since Prometheus was started: when it comes in says nothing about detecting. */
const isTimed = ({ status, startsAtMissing }: Alert, reason: Reason) =>
  status === 'firing' && !startsAtMissing && reason !== 'watchdog';

function rememberOne(core: Core, alert: Alert, { result, until, events }: Judgement, now: number): void {
  const id = result.incident as string;
  if (result.reason === 'watchdog') core.watchdogAt = now;
  countRelapses(core, events);
  const first = events.some(({ type }) => type === 'received');
  if (first && isTimed(alert, result.reason)) core.options.metrics.detected(Math.max(0, now - alert.startsAt) / 1_000);
  if (core.history.incident(id)?.phase === 'closed') return;
  if (alert.status === 'firing') core.heard.set(alert.fingerprint, now);
  else core.heard.delete(alert.fingerprint);
  // A repeat never puts off the next look: the repeats of a stuck alert come faster than its timer.
  const next = until ?? (alert.status === 'resolved' ? now : now + 60_000);
  core.lookAgain.set(id, Math.min(core.lookAgain.get(id) ?? next, next));
}
