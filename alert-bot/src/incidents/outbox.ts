import type { Reason } from '../decide/reason.ts';
import type { EventOf, PlannedAction } from './event.ts';

/** Ways to reach people. */
export const channelNames = ['slack', 'email'] as const;
export type ChannelName = (typeof channelNames)[number];

/** What a person must hear and has not heard on these channels yet. Never mutated. */
export interface OutboxEntry {
  /** Of the event that it is about. */
  seq: number;
  /** When that event happened, in milliseconds since the epoch. */
  at: number;
  incident: string;
  kind: 'escalated' | 'approval_needed';
  channels: readonly ChannelName[];
  /** The target's text; absent when the alert does not say what it is about. */
  target?: string | undefined;
  /** Of an escalation, as the log has it. */
  why?: EventOf<'escalated'>['why'] | undefined;
  reason?: Reason | undefined;
  text?: string | undefined;
  /** Of a request for approval. */
  action?: PlannedAction | undefined;
  runbook?: string | undefined;
}

/** About a kilobyte each. More is not what a person can read after an outage of a channel. */
const maxEntries = 2_000;

/** The messages that wait, folded from the log, oldest first. Bounded: the oldest is dropped for the newest. */
export class Outbox {
  readonly #entries = new Map<number, OutboxEntry>();
  readonly #maxEntries: number;
  /** Entries that were dropped since the beginning of the log's file. */
  dropped = 0;

  constructor(most: number = maxEntries) {
    this.#maxEntries = most;
  }

  open(entry: OutboxEntry): void {
    this.#entries.set(entry.seq, entry);
    if (this.#entries.size <= this.#maxEntries) return;
    const [oldest] = this.#entries.keys();
    this.#entries.delete(oldest as number);
    this.dropped += 1;
  }

  close(seq: number, channel: ChannelName): void {
    const entry = this.#entries.get(seq);
    if (!entry) return;
    const channels = entry.channels.filter((name) => name !== channel);
    if (channels.length === 0) this.#entries.delete(seq);
    else this.#entries.set(seq, { ...entry, channels });
  }

  /** Oldest first. */
  entries(): IterableIterator<OutboxEntry> {
    return this.#entries.values();
  }

  waiting(channel: ChannelName): OutboxEntry[] {
    return [...this.#entries.values()].filter(({ channels }) => channels.includes(channel));
  }

  clear(): void {
    this.#entries.clear();
    this.dropped = 0;
  }
}
