import type { Clock } from '@stack/service-kit/clock';
import type { Logger } from '@stack/service-kit/logger';
import type { Alert, Delivery } from '../alerts/alert.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { WatchItem } from '../runtime/watch.ts';
import type { AlertReport, SourcedAlert, SourceStatus } from '../verify/alert-source.ts';
import { engineAlert, engineAlertNames, engineFingerprint } from './engine-alerts.ts';
import { defaultRules, type EngineAlertRules, findCondition } from './find-conditions.ts';
import { reportAlert } from './report-alert.ts';
import { createStorm, stormAlert, stormFingerprint } from './storm.ts';
import { createToldAlerts } from './told-alerts.ts';
import { createTrackedContainers } from './tracked-containers.ts';
import { createWordProblems } from './word-problems.ts';

/** An alert of the engine that the bot's log knows as firing. */
export interface RememberedAlert extends SourcedAlert {
  /** Milliseconds since the epoch. */
  startsAt: number;
}

export interface EngineSourceOptions {
  runtime: Pick<Runtime, 'watch'>;
  /** Rejects when the alerts could not be taken; they are delivered again. */
  deliver: (delivery: Delivery) => Promise<unknown>;
  /** The alerts were taken. */
  onTold?: (alerts: readonly Alert[]) => void;
  /** What fired when the bot stopped. */
  remembered: () => readonly RememberedAlert[];
  clock: Clock;
  logger: Logger;
  rules?: Partial<EngineAlertRules>;
  timing?: Partial<EngineSourceTiming>;
}

/** In milliseconds. */
export interface EngineSourceTiming {
  /** What happens together is told together: events of one moment, and a state that lasts no longer. */
  gatherMs: number;
  /** How often conditions that depend on the time are looked at, and a failed delivery is tried again. */
  tickMs: number;
  /** An alert that comes back so soon after its end flaps: then its end has to last as long. */
  holdMs: number;
}

const defaultTiming: EngineSourceTiming = { gatherMs: 3, tickMs: 1_000, holdMs: 30_000 };

/** The container engine as a source of alerts. */
export interface EngineSource {
  start(): void;
  stop(): Promise<void>;
  /** Undefined once the runtime has turned out not to tell what happens to containers. */
  status(): SourceStatus | undefined;
  /** Whether the alert still holds, by the containers themselves; undefined for an alert that is not of this source. */
  look(alert: SourcedAlert): AlertReport | undefined;
  /** This source has the last word on the alert: the same alert from elsewhere is a copy. */
  owns(alert: SourcedAlert): boolean;
  /** The alerts that fire now. */
  firing(): Alert[];
}

/**
 * Turns what the engine says of its containers into alerts, which go the way of all others. What counts is the difference
 * between what is so and what was told: an event that comes twice, or that was missed and is seen in a list, is told once.
 */
export function createEngineSource(options: EngineSourceOptions): EngineSource {
  const { runtime, clock, logger } = options;
  const timing = { ...defaultTiming, ...options.timing };
  const rules = { ...defaultRules, ...options.rules };
  const told = createToldAlerts(timing.holdMs);
  const containers = createTrackedContainers(() => clock.now());
  const storm = createStorm();
  const sayWordProblems = createWordProblems(logger);
  const stopping = new AbortController();
  let synced = false;
  let isOff = false;
  let trouble: string | undefined = 'the engine was not heard yet';
  let gathering: NodeJS.Timeout | undefined;
  let lane: Promise<void> = Promise.resolve();

  const take = (item: WatchItem) => {
    const wasUp = trouble === undefined;
    if (item.type === 'lost') {
      trouble = item.reason;
      if (wasUp) logger.warn({ reason: trouble }, 'the events of the container engine are not heard');
      return;
    }
    containers.take(item);
    for (const one of item.type === 'list' ? item.containers : [item.container]) sayWordProblems(one);
    if (item.type === 'list') {
      if (!synced) recall();
      synced = true;
      if (!wasUp) logger.info({ containers: item.containers.length }, 'the container engine is a source of alerts');
      trouble = undefined;
    }
    gathering ??= setTimeout(tellSoon, timing.gatherMs);
  };

  const recall = () => {
    for (const { labels, fingerprint, startsAt } of options.remembered())
      told.begin(
        { status: 'firing', labels, annotations: {}, startsAt, startsAtMissing: false, fingerprint },
        undefined,
        clock.now(),
      );
  };

  const tellSoon = () => {
    gathering = undefined;
    lane = lane.then(tell);
  };

  async function tell(): Promise<void> {
    if (!synced || stopping.signal.aborted) return;
    const now = clock.now();
    const { begun, over } = findChanges(now);
    const alerts = [...over.map((alert) => endOf(alert, now)), ...begun.map(({ alert }) => alert)];
    if (alerts.length === 0) return;
    try {
      await options.deliver({ alerts, receiver: 'engine', truncatedAlerts: 0 });
      for (const { fingerprint } of over) told.end(fingerprint, now);
      for (const { alert, containerId } of begun) told.begin(alert, containerId, now);
      const count = begun.filter(({ alert }) => alert.labels['alertname'] === 'ContainerUnhealthy').length;
      if (count > 0) storm.begun(count, now);
      options.onTold?.(alerts);
    } catch (err) {
      logger.warn(
        { err, alerts: alerts.length },
        'alerts of the container engine could not be taken; they are told again',
      );
    }
  }

  function findChanges(now: number) {
    const begun: { alert: Alert; containerId?: string }[] = [];
    const settled = new Set<string>();
    let unhealthy = 0;
    for (const tracked of containers.all())
      for (const name of engineAlertNames) {
        const fingerprint = engineFingerprint(name, tracked.container);
        const condition = findCondition(name, tracked, rules, now);
        if (condition === 'over') continue;
        if (name === 'ContainerUnhealthy') unhealthy += 1;
        settled.add(fingerprint);
        const known = told.get(fingerprint);
        if (known) known.containerId = tracked.container.id;
        else if (condition !== 'unsettled')
          begun.push({
            alert: engineAlert(name, tracked.container, { ...condition, startsAt: condition.since }),
            containerId: tracked.container.id,
          });
      }
    const many = storm.look({ unhealthy, isTold: told.get(stormFingerprint) !== undefined, now });
    if (many !== 'over') settled.add(stormFingerprint);
    if (typeof many === 'object') begun.push({ alert: stormAlert(many) });
    const over = [...told.all()].flatMap(({ alert }) =>
      told.isOver(alert.fingerprint, !settled.has(alert.fingerprint), now) ? [alert] : [],
    );
    return { begun, over };
  }

  const owns: EngineSource['owns'] = (alert) =>
    synced &&
    (told.get(alert.fingerprint) !== undefined ||
      told.hasEnded(alert.fingerprint) ||
      containers.find(alert) !== undefined);

  async function listen(): Promise<void> {
    if (runtime.watch) for await (const item of runtime.watch(stopping.signal)) take(item);
    if (stopping.signal.aborted) return;
    isOff = true;
    logger.info('this runtime does not tell what happens to containers: alerts come through the webhook only');
  }
  async function tick(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(timing.tickMs, stopping.signal);
      tellSoon();
      await lane;
    }
  }
  let running: Promise<unknown> = Promise.resolve();

  return {
    start: () => {
      running = Promise.all([listen(), tick()]);
    },
    stop: async () => {
      stopping.abort();
      clearTimeout(gathering);
      await Promise.all([running, lane]);
    },
    status: () => {
      if (isOff) return undefined;
      return { source: 'engine', up: trouble === undefined, ...(trouble !== undefined && { error: trouble }) };
    },
    owns,
    firing: () => [...told.all()].map(({ alert }) => alert),
    look: (alert) => {
      if (!owns(alert)) return undefined;
      if (trouble !== undefined) return { state: 'unknown', detail: `the container engine: ${trouble}` };
      return reportAlert(alert, containers.find(alert), rules, clock.now());
    },
  };
}

const endOf = (alert: Alert, endsAt: number): Alert => ({ ...alert, status: 'resolved', endsAt });
