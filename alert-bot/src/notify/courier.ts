import type { Clock } from '@stack/service-kit/clock';
import type { Logger } from '@stack/service-kit/logger';
import type { NewEvent } from '../incidents/event.ts';
import type { ChannelName, Outbox, OutboxEntry } from '../incidents/outbox.ts';
import type { Channel, Message } from './channel.ts';
import { CourierLane } from './courier-lane.ts';

/** The messages that wait for one channel, as people see them. */
export interface ChannelState {
  channel: ChannelName;
  waiting: number;
  /** Milliseconds since the epoch. */
  oldestAt: number | null;
  /** Why the last try failed; null after one that did not. */
  lastError: string | null;
}

/** What became of messages: each try is `sent` or `failed`; the others are given up. */
export type DeliveryResult = 'sent' | 'failed' | 'expired' | 'dropped';

export interface CourierOptions {
  channels: readonly Channel[];
  outbox: Outbox;
  clock: Clock;
  logger: Logger;
  /** One message about these entries, oldest first. */
  describe: (entries: readonly OutboxEntry[]) => Message;
  /** Durable when it resolves. */
  record: (events: readonly NewEvent[]) => Promise<unknown>;
  onResult: (channel: ChannelName, result: DeliveryResult, count: number) => void;
  /** 0 ≤ x < 1; injected by tests. */
  random?: () => number;
}

/** Carries what a person must hear, channel by channel, until it is delivered. No repair waits for it. */
export interface Courier {
  /** Takes up what the log says is not delivered. */
  start(): void;
  /** Something new waits. */
  wake(): void;
  /** Finishes what is under way, for at most `graceMs`; the rest is the next start's. */
  stop(graceMs?: number): Promise<void>;
  states(): ChannelState[];
}

export function createCourier(options: CourierOptions): Courier {
  const { channels, outbox, logger } = options;
  const lanes: CourierLane[] = [];
  let dropped = 0;
  let woken = false;

  function sayDropped(): void {
    if (outbox.dropped <= dropped) return;
    const count = outbox.dropped - dropped;
    dropped = outbox.dropped;
    logger.error(
      { count },
      'messages that a person must hear were dropped: too many wait; the incidents are in the log',
    );
    for (const { name } of channels) options.onResult(name, 'dropped', count);
  }

  function wakeLanes(): void {
    woken = false;
    sayDropped();
    for (const lane of lanes) lane.wake();
  }

  return {
    start: () => {
      dropped = outbox.dropped;
      warnOfStrangers(options);
      for (const channel of channels) lanes.push(new CourierLane(channel, options));
    },
    wake: () => {
      if (woken) return;
      woken = true;
      setImmediate(wakeLanes); // once for a whole storm
    },
    stop: async (graceMs = 3_000) => {
      await Promise.all(lanes.map((lane) => lane.stop(graceMs)));
    },
    states: () =>
      channels.map(({ name }, index) => {
        const waiting = outbox.waiting(name);
        const lastError = lanes[index]?.lastError ?? null;
        return { channel: name, waiting: waiting.length, oldestAt: waiting[0]?.at ?? null, lastError };
      }),
  };
}

/** Entries of a channel that is no longer configured stay: it may come back, and they are bounded in number. */
function warnOfStrangers({ channels, outbox, logger }: CourierOptions): void {
  const known = new Set(channels.map(({ name }) => name));
  const strangers = [...outbox.entries()].flatMap((entry) => entry.channels.filter((name) => !known.has(name)));
  if (strangers.length > 0)
    logger.warn(
      { channels: [...new Set(strangers)], messages: strangers.length },
      'messages wait for a channel that is not configured',
    );
}
