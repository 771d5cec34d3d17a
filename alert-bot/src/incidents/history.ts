import type { Incident, Target } from './incident.ts';
import { measure } from './incident-bytes.ts';
import { OpenByFingerprint } from './open-by-fingerprint.ts';
import { type ChannelName, Outbox, type OutboxEntry } from './outbox.ts';

/** What concerns the bot as a whole. Never mutated. */
export interface BotState {
  /** When the last actions began, oldest first; bounded. For the budget. */
  actionTimes: readonly number[];
  /** Incidents decided to be acted on whose action has not begun: they have a claim on the budget. Counted from them. */
  queued: number;
  pausedUntil?: number;
  /** When the pause began. */
  pausedAt?: number;
  pauseReason?: string;
  pausedBy?: string;
}

/** What `decide` may look at: the fold of all events. */
export interface History {
  incident(id: string): Incident | undefined;
  /** The open incident of this fingerprint, if any: where a hand-written alert without `startsAt` belongs. */
  openIncidentOf(fingerprint: string): Incident | undefined;
  /** By its text. */
  target(text: string): Target;
  bot(): BotState;
}

/** The part that folding needs; kept small so that a trial run can put a layer over the real one. */
export interface HistoryStore extends History {
  putIncident(incident: Incident): void;
  putTarget(target: Target): void;
  /** `queued` is not taken over: the incidents say it. */
  putBot(bot: BotState): void;
  /** A person must hear this. */
  openCall(entry: OutboxEntry): void;
  /** The person has heard it, or never will, on this channel. */
  closeCall(seq: number, channel: ChannelName): void;
}

export const emptyTarget = (text: string): Target => ({
  target: text,
  attemptTimes: [],
  attemptsSinceHealthy: 0,
  failuresInRow: 0,
  lastOutcome: undefined,
  lastEndedAt: undefined,
  quarantinedAt: undefined,
  active: undefined,
  restarts: [],
  lastHealed: undefined,
});

const noBotState = (): BotState => ({ actionTimes: [], queued: 0 });

export interface HistoryOptions {
  /** Closed incidents kept in memory, give or take a quarter; the oldest go first and the log's files have them all. */
  maxClosed?: number;
  /** What they may take in memory, as `incidentBytes` counts it. */
  maxClosedBytes?: number;
  /** What open incidents may take; the intake asks `hasRoomFor` before it takes new ones. */
  maxOpenBytes?: number;
}

const mebibyte = 1_048_576;
const defaults = { maxClosed: 10_000, maxClosedBytes: 14 * mebibyte, maxOpenBytes: 32 * mebibyte };

/** The memory, bounded: open incidents are limited by the intake, closed ones are forgotten, targets are those of the runbooks. */
export class MemoryHistory implements HistoryStore {
  readonly #open = new Map<string, Incident>();
  /** In the order of closing. */
  readonly #closed = new Map<string, Incident>();
  readonly #queued = new Set<string>();
  /** Made when it is first asked for: most deliveries name their episode, and reading a long log back asks never. */
  #openByFingerprint: OpenByFingerprint | undefined;
  readonly #targets = new Map<string, Target>();
  readonly outbox = new Outbox();
  readonly #limits: Required<HistoryOptions>;
  #bot: BotState = noBotState();
  #openBytes = 0;
  #closedBytes = 0;

  constructor(options: HistoryOptions = {}) {
    this.#limits = { ...defaults, ...options };
  }

  incident(id: string): Incident | undefined {
    return this.#open.get(id) ?? this.#closed.get(id);
  }

  openIncidentOf(fingerprint: string): Incident | undefined {
    this.#openByFingerprint ??= new OpenByFingerprint(this.#open.values());
    const id = this.#openByFingerprint.newest(fingerprint);
    return id === undefined ? undefined : this.#open.get(id);
  }

  target(text: string): Target {
    return this.#targets.get(text) ?? emptyTarget(text);
  }

  /** Whether anything is remembered of the target. */
  knows(text: string): boolean {
    return this.#targets.has(text);
  }

  bot(): BotState {
    if (this.#bot.queued !== this.#queued.size) this.#bot = { ...this.#bot, queued: this.#queued.size };
    return this.#bot;
  }

  /** The incident is the caller's own: what it carries too much of is cut off. */
  putIncident(incident: Incident): void {
    const { id, phase } = incident;
    if (incident.bytes === undefined) measure(incident, this.#limits.maxOpenBytes - this.#openBytes);
    if (phase === 'queued') this.#queued.add(id);
    else if (this.#queued.size > 0) this.#queued.delete(id);
    if (phase === 'closed') this.#putClosed(incident);
    else this.#putOpen(incident);
  }

  #putOpen(incident: Incident): void {
    const { id } = incident;
    const before = this.#open.get(id);
    this.#openBytes += bytesOf(incident) - bytesOf(before);
    this.#open.set(id, incident);
    if (before) return;
    this.#closedBytes -= bytesOf(this.#closed.get(id));
    this.#closed.delete(id);
    this.#openByFingerprint?.add(incident);
  }

  #putClosed(incident: Incident): void {
    const { id } = incident;
    const before = this.#open.get(id);
    if (before) {
      this.#openBytes -= bytesOf(before);
      this.#open.delete(id);
      this.#openByFingerprint?.delete(before);
    }
    this.#closedBytes += bytesOf(incident) - bytesOf(this.#closed.get(id));
    this.#closed.set(id, incident);
    this.#forgetOldest();
  }

  /** Many at once: looking for the oldest key of a map that lost its first ones is slow, over and over. */
  #forgetOldest(): void {
    const { maxClosed, maxClosedBytes } = this.#limits;
    if (this.#closed.size <= maxClosed * 1.25 && this.#closedBytes <= maxClosedBytes) return;
    for (const [id, oldest] of this.#closed) {
      if (this.#closed.size <= maxClosed && this.#closedBytes <= maxClosedBytes * 0.8) return;
      this.#closed.delete(id);
      this.#closedBytes -= bytesOf(oldest);
    }
  }

  /** Gives an incident, in place, the alert that was left unread while the log was read back. */
  setAlert(incident: Incident, alert: Pick<Incident, 'labels' | 'annotations' | 'startsAt' | 'fingerprint'>): void {
    const before = bytesOf(incident);
    Object.assign(incident, alert);
    measure(incident, this.#limits.maxOpenBytes - this.#openBytes);
    const grown = bytesOf(incident) - before;
    if (incident.phase !== 'closed') this.#openBytes += grown;
    else {
      this.#closedBytes += grown;
      this.#forgetOldest();
    }
  }

  putTarget(target: Target): void {
    this.#targets.set(target.target, target);
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
    for (const all of [this.#open, this.#closed, this.#targets, this.#queued, this.outbox]) all.clear();
    this.#openByFingerprint = undefined;
    this.#bot = noBotState();
    this.#openBytes = 0;
    this.#closedBytes = 0;
  }

  isOpen(id: string): boolean {
    return this.#open.has(id);
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** About what the open incidents take in memory. */
  get openBytes(): number {
    return this.#openBytes;
  }

  /** Whether new incidents of so many bytes (`incidentBytes`) may be taken. */
  hasRoomFor(bytes: number): boolean {
    return this.#openBytes + bytes <= this.#limits.maxOpenBytes;
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

const bytesOf = (incident: Incident | undefined): number => incident?.bytes ?? 0;
