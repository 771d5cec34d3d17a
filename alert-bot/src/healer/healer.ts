import type { Delivery } from '../alerts/alert.ts';
import type { Reason } from '../decide/reason.ts';
import type { IncidentEvent, PlannedAction, Purpose } from '../incidents/event.ts';
import type { IncidentPhase } from '../incidents/incident.ts';
import type { ChannelName } from '../incidents/outbox.ts';
import type { Outcome, Verdict } from '../incidents/outcome.ts';
import type { Timeline } from '../incidents/timeline.ts';
import type { DeliveryResult } from '../notify/courier.ts';
import type { MaybeTargetName, TargetName } from '../targets/target-name.ts';
import type { SourceStatus } from '../verify/alert-source.ts';
import type { InjectedFault } from '../verify/prometheus/injected-faults.ts';
import type { HealerViews } from './views.ts';

export { type IncidentPhase, incidentPhases } from '../incidents/incident.ts';

/** The bot's core as the HTTP surface and the command line see it. */
export interface Healer {
  /** Reads the log, takes up what was unfinished, starts the timers. */
  start(): Promise<void>;
  /** Takes nothing more, lets the current append finish, leaves running verifications to the next start. Idempotent. */
  stop(): Promise<void>;
  /**
   * Records and decides; resolves when that is on disk and before any action is begun. One result per alert, in order.
   * Throws {@link HealerUnavailable} when it cannot take the delivery; then nothing of it was recorded.
   */
  intake(delivery: Delivery): Promise<IntakeResult[]>;
  /** Throws {@link HealerUnavailable} like every command below. Pausing again replaces the earlier pause. */
  pause(request: { minutes: number; reason?: string; by: string }): Promise<PauseState>;
  resume(request: { by: string; note?: string }): Promise<void>;
  /** Throws {@link ControlRefused}. The decision is made again at once and returned. */
  approve(incident: string, request: { by: string; note?: string }): Promise<IntakeResult>;
  reject(incident: string, request: { by: string; note?: string }): Promise<IncidentSummary>;
  /** Ends the quarantine of a target, named by its text, and forgets its attempts. Throws {@link ControlRefused} `target_not_found`. */
  release(target: string, request: { by: string; note?: string }): Promise<TargetName & { wasQuarantined: boolean }>;
  /** Newest first. The cursor is opaque; throws {@link ControlRefused} `bad_cursor`. */
  incidents(query: IncidentQuery): { items: IncidentSummary[]; nextCursor: string | null };
  /** The incident with its timeline from the log, oldest first; undefined when the bot does not know it. */
  incident(id: string): Promise<({ summary: IncidentSummary } & Timeline) | undefined>;
  /** Called with every durable event, in the order of the log. Returns the unsubscribe function. */
  subscribe(listener: (event: IncidentEvent) => void): () => void;
  stats(): HealerStats;
  /** What the console shows beside these. */
  readonly views: HealerViews;
}

export interface IntakeResult {
  /** Null only for an alert that started no incident: a `resolved` that the bot never saw firing. */
  incident: string | null;
  alertname: string;
  fingerprint: string;
  decision: 'act' | 'skip';
  reason: Reason;
  runbook?: string;
  action?: PlannedAction;
  /** RFC 3339: when the bot looks again by itself. */
  until?: string;
  /** Why, more exactly. */
  detail?: string;
}

export interface IncidentSummary {
  id: string;
  fingerprint: string;
  alertname: string;
  labels: Readonly<Record<string, string>>;
  status: 'firing' | 'resolved';
  phase: IncidentPhase;
  /** The last decision's reason. */
  reason: Reason;
  /** The text of what it is about: `api`, `shop/web`. */
  target: string | null;
  project: string | null;
  service: string | null;
  runbook: string | null;
  action: PlannedAction | null;
  attempts: number;
  outcome: Outcome | null;
  escalated: boolean;
  startsAt: string;
  receivedAt: string;
  updatedAt: string;
  /** When the bot looks at it again by itself. */
  until: string | null;
  /** When the alert was over, as far as the bot knows. */
  resolvedAt: string | null;
  /** The last repair with the times of its parts. */
  attempt: AttemptTimes | null;
  /** The alert's own `summary`. */
  title: string | null;
}

export interface AttemptTimes {
  number: number;
  startedAt: string;
  /** Null while the action runs. */
  actedAt: string | null;
  /** Null until it is judged. */
  verifiedAt: string | null;
}

export interface IncidentQuery {
  /** 1–500. */
  limit: number;
  cursor?: string;
  status?: 'firing' | 'resolved';
  phase?: IncidentPhase;
  /** In any phase but `closed`; false: closed. */
  open?: boolean;
  outcome?: Outcome;
  project?: string;
  /** A target's text; a service of `project`, where that is given. */
  service?: string;
  alertname?: string;
  /** Part of an id, a label, a reason or the alert's summary, in any case of its letters. */
  text?: string;
}

export interface PauseState {
  until: string;
  reason: string | null;
  by: string;
}

export interface HealerStats {
  openIncidents: number;
  queueLength: number;
  quarantined: (TargetName & { since: string; attempts: number })[];
  budget: { limit: number; remaining: number };
  paused: PauseState | null;
  /** Milliseconds since the epoch; null: never seen. */
  lastWatchdogAt: number | null;
  runtimeUp: boolean;
  /** Projects that the bot may act in and that have no container. */
  missingProjects: string[];
  /** Containers of other bots that repair some of the targets: there this bot only observes. */
  otherBots: string[];
  /** Those that are configured. */
  sources: readonly SourceStatus[];
  /** Switched on by somebody, as the services say through Prometheus. */
  injectedFaults: readonly InjectedFault[];
  /** What a person must hear and has not heard yet, for each configured channel. */
  notifications: { channel: ChannelName; waiting: number; oldestAt: string | null; lastError: string | null }[];
  log: { path: string; bytes: number; errors: number; writable: boolean; seq: number };
  runbooks: { loadedAt: string; lastError: string | null; count: number };
}

/** What a metric says of an action. */
export interface CountedAction extends TargetName {
  type: PlannedAction['type'];
  purpose: Purpose;
}

/** What the bot counts and times; `toHealerMetrics` implements it. Times in seconds. */
export interface HealerMetrics {
  alertReceived(status: 'firing' | 'resolved', count: number): void;
  /** `count` is 1 when it is missing. */
  decided(reason: Reason, count?: number): void;
  detected(seconds: number): void;
  /** The action itself, from its beginning to its end. */
  acted(seconds: number): void;
  verified(seconds: number): void;
  healed(seconds: number): void;
  /** An action has ended; what it led to is not known yet. `ok` is what the runtime says. */
  actionDone(action: CountedAction, ok: boolean): void;
  /** What an action led to is known. */
  actionFinished(action: CountedAction, outcome: Outcome): void;
  /** Without names: the alert does not say what it is about. */
  escalated(target: MaybeTargetName): void;
  /** Those that the bot may act on, as far as they are known: their series exist at zero. */
  targetsKnown(targets: readonly TargetName[]): void;
  /** A message that a person must hear: one try, or its end. */
  notified(channel: ChannelName, result: DeliveryResult, count: number): void;
  logFailed(): void;
}

/**
 * Tells people how repairs went, as well as it can: `notify` returns at once and never throws, because no repair waits for a
 * chat server. What a person must hear goes through the outbox instead.
 */
export interface Notifier {
  notify(message: Notification): void;
}

export interface Notification {
  kind: Verdict | 'scaled_back';
  incident: IncidentSummary;
  /** One sentence in plain words. */
  text: string;
  /** Captured before the action; absent when there was none. */
  evidence?: unknown;
}

/** The delivery or command was not taken; nothing of it was recorded; try again. HTTP answers 503 with `Retry-After`. */
export class HealerUnavailable extends Error {
  override readonly name = 'HealerUnavailable';
  readonly code: 'queue_full' | 'log_unwritable' | 'stopping';
  readonly retryAfterSeconds: number;
  constructor(code: HealerUnavailable['code'], message: string, retryAfterSeconds: number) {
    super(message);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A command that makes no sense now. */
export class ControlRefused extends Error {
  override readonly name = 'ControlRefused';
  readonly code: 'incident_not_found' | 'not_awaiting_approval' | 'target_not_found' | 'bad_cursor' | 'bad_minutes';
  constructor(code: ControlRefused['code'], message: string) {
    super(message);
    this.code = code;
  }
}
