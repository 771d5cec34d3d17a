import { setMaxListeners } from 'node:events';
import type { Clock } from '@stack/service-kit/clock';
import type { Logger } from '@stack/service-kit/logger';
import { applyEvent } from '../incidents/apply-event.ts';
import { addressed } from '../incidents/apply-outbox.ts';
import type { IncidentEvent, NewEvent } from '../incidents/event.ts';
import { MemoryHistory } from '../incidents/history.ts';
import type { Incident } from '../incidents/incident.ts';
import type { IncidentLog } from '../incidents/incident-log.ts';
import type { LogMemory } from '../incidents/log-memory.ts';
import { RepairStats } from '../incidents/repair-stats.ts';
import { replayMemory } from '../incidents/replay-memory.ts';
import type { Channel } from '../notify/channel.ts';
import type { RunbookSource } from '../runbooks/runbook-source.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { AlertSource } from '../verify/alert-source.ts';
import { type HealerMetrics, HealerUnavailable, type Notifier } from './healer.ts';
import { createObserver, type Observer } from './observer.ts';
import { createProgressBoard, type ProgressBoard } from './progress-board.ts';
import { toSummary } from './summary.ts';

export interface HealerOptions {
  /** Opens the log with the healer's memory: `(memory) => openIncidentLog({ path, memory, now })`. */
  openLog: (memory: LogMemory) => Promise<IncidentLog>;
  runtime: Runtime;
  alertSource: AlertSource;
  runbooks: RunbookSource;
  clock: Clock;
  logger: Logger;
  notifier: Notifier;
  /** Where people hear what they must hear. Empty: nowhere. */
  channels: readonly Channel[];
  metrics: HealerMetrics;
  version: string;
  /** The home project, where it is known without asking the runtime. */
  home?: string | undefined;
  /** Where a person reaches the bot, for the links in messages; http://localhost:5001 by default. */
  botUrl?: string;
  timing?: Partial<HealerTiming>;
}

/** In milliseconds, unless the name says otherwise. */
export interface HealerTiming {
  /** How often waiting incidents are looked through. */
  tickMs: number;
  /** How often a verification looks. */
  verifyPollMs: number;
  /** How long an intake waits for a fresh look at the containers before it decides on the last one. */
  intakeObserveMs: number;
  /**
   * After a crash, or when an answer got lost: how long the start times must stay the same before an action counts as not
   * done. Longer than a container may take to stop (Docker's default is 10 s), during which its start time is still the old.
   */
  settleMs: number;
  /** An alert that nobody has mentioned for so long is closed. */
  expireMs: number;
  /** Actions at the same time, over all services. */
  concurrency: number;
  /** Open incidents above which deliveries are refused. */
  maxOpen: number;
}

const defaultTiming: HealerTiming = {
  tickMs: 1_000,
  verifyPollMs: 2_000,
  intakeObserveMs: 50,
  settleMs: 30_000,
  expireMs: 86_400_000,
  concurrency: 2,
  maxOpen: 20_000,
};

/** What the parts of the healer share. */
export interface Core {
  readonly options: HealerOptions;
  readonly timing: HealerTiming;
  readonly history: MemoryHistory;
  readonly observer: Observer;
  /** What became of the repairs of the last 30 days. */
  readonly repairs: RepairStats;
  /** Steps and looks, for who watches. */
  readonly progress: ProgressBoard;
  /** Aborts when the healer stops. */
  readonly stopping: AbortController;
  /** When a waiting incident is looked at again, where that differs from what the log says. Lost in a crash: then at once. */
  readonly lookAgain: Map<string, number>;
  /** When the last firing delivery of an alert came in, by fingerprint; only of alerts with an open incident. */
  readonly heard: Map<string, number>;
  /** Actions under way: a pause gives them up between two of their steps. */
  readonly acting: Set<AbortController>;
  /** Ends the pause that is in force; undefined when there is none. */
  pauseTimer: AbortController | undefined;
  /** The call that said that the budget is spent: it stands for all incidents that wait for it. */
  budgetCall: { incident: string; at: number } | undefined;
  /** When the Watchdog alert last came in. */
  watchdogAt: number | null;
  readonly listeners: Set<(event: IncidentEvent) => void>;
  log(): IncidentLog;
  setLog(log: IncidentLog): void;
  now(): number;
  at(): string;
  /** Durable when it resolves. @throws HealerUnavailable */
  record(events: readonly NewEvent[]): Promise<readonly IncidentEvent[]>;
  /**
   * One decision at a time: what is decided is on disk, and in the memory, before the next decision looks at it.
   */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  notify(kind: Parameters<Notifier['notify']>[0]['kind'], incident: Incident, text: string, evidence?: unknown): void;
  assertRunning(): void;
}

export function createCore(options: HealerOptions): Core {
  const timing = { ...defaultTiming, ...options.timing };
  const { clock, logger, runtime, notifier, metrics } = options;
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // every verification sleeps on it
  const observer = createObserver({ runtime, clock, logger, home: options.home });
  const channelNames = options.channels.map(({ name }) => name);
  let log: IncidentLog | undefined;
  let lane: Promise<unknown> = Promise.resolve();
  const core: Core = {
    options,
    timing,
    history: new MemoryHistory(),
    observer,
    repairs: new RepairStats(),
    progress: createProgressBoard(() => core.at()),
    stopping,
    lookAgain: new Map(),
    heard: new Map(),
    acting: new Set(),
    pauseTimer: undefined,
    budgetCall: undefined,
    watchdogAt: null,
    listeners: new Set(),
    log: () => {
      if (!log) throw new HealerUnavailable('stopping', 'The bot has not read its memory yet.', 1);
      return log;
    },
    setLog: (opened) => {
      log = opened;
    },
    now: () => clock.now(),
    at: () => new Date(clock.now()).toISOString(),
    record: async (events) => {
      try {
        return await core.log().append(addressed(events, channelNames));
      } catch (error) {
        if (error instanceof HealerUnavailable) throw error;
        metrics.logFailed();
        logger.error({ err: error, events: events.map(({ type }) => type) }, 'the incident log cannot be written');
        throw new HealerUnavailable('log_unwritable', 'The incident log cannot be written; nothing was recorded.', 5);
      }
    },
    exclusively: (work) => {
      const result = lane.then(work);
      lane = result.catch(() => undefined);
      return result;
    },
    notify: (kind, incident, text, evidence) =>
      notifier.notify({
        kind,
        incident: toSummary(incident, observer.home()),
        text,
        ...(evidence === undefined ? {} : { evidence }),
      }),
    assertRunning: () => {
      if (stopping.signal.aborted || !log)
        throw new HealerUnavailable('stopping', 'The bot is starting or stopping.', 5);
    },
  };
  return core;
}

/** The log's view of the memory: replayed events build it, durable ones change it and reach the subscribers. */
export function logMemory(core: Core, live: () => boolean): LogMemory {
  const { history, repairs } = core;
  const replay = replayMemory(history);
  return {
    apply: (event) => {
      applyEvent(history, event);
      repairs.apply(event);
      if (!live()) return;
      for (const listener of core.listeners) callSafely(core, () => listener(event));
    },
    replay: {
      ...replay,
      clear: () => {
        replay.clear();
        repairs.clear();
      },
    },
    *snapshot() {
      yield { incident: null, kind: 'bot', state: { ...history.bot() } };
      for (const state of repairs.snapshot(core.now())) yield { incident: null, kind: 'repairs', state };
      for (const target of history.targets()) yield { incident: null, kind: 'target', state: { ...target } };
      for (const entry of history.outbox.entries())
        yield { incident: entry.incident, kind: 'outbox', state: { ...entry } };
      for (const incident of history.closed())
        yield { incident: incident.id, kind: 'incident', state: { ...incident } };
      for (const incident of history.open()) yield { incident: incident.id, kind: 'incident', state: { ...incident } };
    },
  };
}

function callSafely(core: Core, call: () => void): void {
  try {
    call();
  } catch (err) {
    core.options.logger.error({ err }, 'a subscriber failed');
  }
}
