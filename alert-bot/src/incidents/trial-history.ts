import type { BotState, History, HistoryStore } from './history.ts';
import type { Incident, Target } from './incident.ts';

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

  target(text: string): Target {
    return this.#targets.get(text) ?? this.#base.target(text);
  }

  bot(): BotState {
    return this.#bot;
  }

  putIncident(incident: Incident): void {
    const queued = Number(incident.phase === 'queued') - Number(this.incident(incident.id)?.phase === 'queued');
    if (queued !== 0) this.#bot = { ...this.#bot, queued: this.#bot.queued + queued };
    this.#incidents.set(incident.id, incident);
    this.#last = { id: incident.id, incident };
    if (incident.phase !== 'closed') this.#openByFingerprint.set(incident.fingerprint, incident.id);
  }

  putTarget(target: Target): void {
    this.#targets.set(target.target, target);
  }

  putBot(bot: BotState): void {
    this.#bot = { ...bot, queued: this.#bot.queued };
  }

  /** Nobody is called on trial. */
  openCall(): void {}

  closeCall(): void {}
}
