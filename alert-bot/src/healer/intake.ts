import type { Alert, Delivery } from '../alerts/alert.ts';
import type { Reason } from '../decide/reason.ts';
import type { NewEvent } from '../incidents/event.ts';
import { TrialHistory } from '../incidents/trial-history.ts';
import type { Core } from './core.ts';
import { HealerUnavailable, type IntakeResult } from './healer.ts';
import { type Judgement, judgeDelivered, type World } from './judge.ts';
import { rfc3339 } from './summary.ts';

const sliceLength = 500;
const mostLookedThrough = 1_000;

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
  let waitingAlerts = 0;

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
        waitingAlerts = 0;
        await takeBatch(batch, looked || !needsLook(core, batch) ? early : await look());
      });
    }
    draining = false; // in the same turn as the last look at `waiting`: nothing can slip in between
  }

  async function takeBatch(batch: readonly Waiting[], observed: Awaited<ReturnType<Core['observer']['recent']>>) {
    try {
      const history = new TrialHistory(core.history);
      const now = core.now();
      const world = { history, observed, policy: core.options.runbooks.current(), now, at: rfc3339(now) };
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

  return (delivery: Delivery): Promise<IntakeResult[]> => {
    core.assertRunning();
    waitingAlerts += delivery.alerts.length;
    if (core.history.openCount + waitingAlerts > core.timing.maxOpen) {
      waitingAlerts -= delivery.alerts.length;
      throw new HealerUnavailable('queue_full', 'Too many incidents are open.', 10);
    }
    return new Promise((resolve, reject) => {
      waiting.push({ delivery, resolve, reject });
      void drain();
    });
  };
}

/**
 * Whether a decision may depend on the containers: asking the engine takes longer than all the rest, and alerts that no
 * runbook names are many. In a storm finding that out would cost more than one look.
 */
function needsLook(core: Core, batch: readonly Waiting[]): boolean {
  const alerts = batch.flatMap(({ delivery }) => delivery.alerts);
  if (alerts.length > mostLookedThrough) return true;
  const { runbooks } = core.options.runbooks.current();
  return alerts.some(
    ({ status, labels }) => status === 'firing' && runbooks.some((runbook) => runbook.matches(labels)),
  );
}

/** A storm of ten thousand alerts must not keep health checks and scrapes waiting. */
async function judgeInSlices({ alerts, receiver }: Delivery, world: World): Promise<Judgement[]> {
  const judged: Judgement[] = [];
  for (const alert of alerts) {
    if (judged.length % sliceLength === sliceLength - 1) await new Promise((resolve) => setImmediate(resolve));
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

function rememberOne(core: Core, alert: Alert, { result, until, events }: Judgement, now: number): void {
  const id = result.incident as string;
  if (result.reason === 'watchdog') core.watchdogAt = now;
  const first = events[0]?.type === 'received';
  if (first && alert.status === 'firing' && !alert.startsAtMissing)
    core.options.metrics.detected(Math.max(0, now - alert.startsAt) / 1_000);
  if (core.history.incident(id)?.phase === 'closed') return;
  if (alert.status === 'firing') core.lastSeen.set(id, now);
  core.lookAgain.set(id, until ?? (alert.status === 'resolved' ? now : now + 60_000));
}
