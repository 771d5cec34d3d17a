import type { Incident, Target } from './incident.ts';
import { type ChannelName, Outbox, type OutboxEntry } from './outbox.ts';

/** What concerns the bot as a whole. Never mutated. */
export interface BotState {
  /** When the last actions began, oldest first; bounded. For the budget. */
  actionTimes: readonly number[];
  /** Incidents decided to be acted on whose action has not begun: they have a claim on the budget. */
  queued: number;
  pausedUntil?: number;
  pauseReason?: string;
  pausedBy?: string;
}

/** What `decide` may look at: the fold of all events. */
export interface History {
  incident(id: string): Incident | undefined;
  /** The open incident of this fingerprint, if any: where a hand-written alert without `startsAt` belongs. */
  openIncidentOf(fingerprint: string): Incident | undefined;
  target(service: string): Target;
  bot(): BotState;
}

/** The part that folding needs; kept small so that a trial run can put a layer over the real one. */
export interface HistoryStore extends History {
  putIncident(incident: Incident): void;
  putTarget(target: Target): void;
  putBot(bot: BotState): void;
  /** A person must hear this. */
  openCall(entry: OutboxEntry): void;
  /** The person has heard it, or never will, on this channel. */
  closeCall(seq: number, channel: ChannelName): void;
}

export const emptyTarget = (service: string): Target => ({
  service,
  attemptTimes: [],
  attemptsSinceHealthy: 0,
  failuresInRow: 0,
  lastOutcome: undefined,
  lastEndedAt: undefined,
  quarantinedAt: undefined,
  active: undefined,
});

const noBotState = (): BotState => ({ actionTimes: [], queued: 0 });

export interface HistoryOptions {
  /** Closed incidents kept in memory, give or take a quarter; the oldest go first and the log's files have them all. */
  maxClosed?: number;
}

/** The memory, bounded: open incidents are limited by the intake, closed ones by `maxClosed`, targets by the runbooks. */
export class MemoryHistory implements HistoryStore {
  readonly #open = new Map<string, Incident>();
  /** In the order of closing. */
  readonly #closed = new Map<string, Incident>();
  /** Made when it is first asked for: most deliveries name their episode, and reading a long log back asks never. */
  #openByFingerprint: Map<string, string> | undefined;
  readonly #targets = new Map<string, Target>();
  readonly outbox = new Outbox();
  readonly #maxClosed: number;
  #bot: BotState = noBotState();

  constructor({ maxClosed = 10_000 }: HistoryOptions = {}) {
    this.#maxClosed = maxClosed;
  }

  incident(id: string): Incident | undefined {
    return this.#open.get(id) ?? this.#closed.get(id);
  }

  openIncidentOf(fingerprint: string): Incident | undefined {
    this.#openByFingerprint ??= new Map(Array.from(this.#open.values(), (open) => [open.fingerprint, open.id]));
    const id = this.#openByFingerprint.get(fingerprint);
    return id === undefined ? undefined : this.#open.get(id);
  }

  target(service: string): Target {
    return this.#targets.get(service) ?? emptyTarget(service);
  }

  bot(): BotState {
    return this.#bot;
  }

  putIncident(incident: Incident): void {
    const { id, fingerprint, phase } = incident;
    if (phase !== 'closed') {
      this.#closed.delete(id);
      this.#open.set(id, incident);
      this.#openByFingerprint?.set(fingerprint, id);
      return;
    }
    this.#open.delete(id);
    if (this.#openByFingerprint?.get(fingerprint) === id) this.#openByFingerprint.delete(fingerprint);
    this.#closed.set(id, incident);
    if (this.#closed.size > this.#maxClosed * 1.25) this.#forgetOldest();
  }

  /** Many at once: looking for the oldest key of a map that lost its first ones is slow, over and over. */
  #forgetOldest(): void {
    for (const oldest of this.#closed.keys()) {
      if (this.#closed.size <= this.#maxClosed) return;
      this.#closed.delete(oldest);
    }
  }

  putTarget(target: Target): void {
    this.#targets.set(target.service, target);
  }

  putBot(bot: BotState): void {
    this.#bot = bot;
  }

  openCall(entry: OutboxEntry): void {
    this.outbox.open(entry);
  }

  closeCall(seq: number, channel: ChannelName): void {
    this.outbox.close(seq, channel);
  }

  /** Forgets everything. */
  clear(): void {
    this.outbox.clear();
    this.#open.clear();
    this.#closed.clear();
    this.#targets.clear();
    this.#openByFingerprint = undefined;
    this.#bot = noBotState();
  }

  get openCount(): number {
    return this.#open.size;
  }

  open(): IterableIterator<Incident> {
    return this.#open.values();
  }

  /** Oldest first. */
  closed(): IterableIterator<Incident> {
    return this.#closed.values();
  }

  targets(): IterableIterator<Target> {
    return this.#targets.values();
  }
}

/** A layer over a history: decisions of one batch see each other, and nothing is lost when the batch cannot be recorded. */
export class TrialHistory implements HistoryStore {
  readonly #base: History;
  readonly #incidents = new Map<string, Incident>();
  /** What was looked up last: each alert's incident is asked for three times, and a storm's are mostly not there. */
  #last: { id: string; incident: Incident | undefined } = { id: '', incident: undefined };
  readonly #openByFingerprint = new Map<string, string>();
  readonly #targets = new Map<string, Target>();
  #bot: BotState;

  constructor(base: History) {
    this.#base = base;
    this.#bot = base.bot();
  }

  incident(id: string): Incident | undefined {
    if (this.#last.id !== id) this.#last = { id, incident: this.#incidents.get(id) ?? this.#base.incident(id) };
    return this.#last.incident;
  }

  openIncidentOf(fingerprint: string): Incident | undefined {
    const id = this.#openByFingerprint.get(fingerprint) ?? this.#base.openIncidentOf(fingerprint)?.id;
    const incident = id === undefined ? undefined : this.incident(id);
    return incident?.phase === 'closed' ? undefined : incident;
  }

  target(service: string): Target {
    return this.#targets.get(service) ?? this.#base.target(service);
  }

  bot(): BotState {
    return this.#bot;
  }

  putIncident(incident: Incident): void {
    this.#incidents.set(incident.id, incident);
    this.#last = { id: incident.id, incident };
    if (incident.phase !== 'closed') this.#openByFingerprint.set(incident.fingerprint, incident.id);
  }

  putTarget(target: Target): void {
    this.#targets.set(target.service, target);
  }

  putBot(bot: BotState): void {
    this.#bot = bot;
  }

  /** Nobody is called on trial. */
  openCall(): void {}

  closeCall(): void {}
}
