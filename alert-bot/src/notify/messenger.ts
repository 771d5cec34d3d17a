import { backoffDelayMs } from '@stack/service-kit/backoff';
import type { Clock } from '@stack/service-kit/clock';
import type { Logger } from '@stack/service-kit/logger';
import { type Channel, DeliveryError, type Message } from './channel.ts';

export interface Messenger {
  /** Hands the message to every channel and returns at once: a repair never waits for a message. */
  send(message: Message): void;
  /** Gives messages under way `graceMs` to arrive, then gives up on them. */
  stop(graceMs?: number): Promise<void>;
}

export interface MessengerOptions {
  channels: readonly Channel[];
  clock: Clock;
  logger: Logger;
  onResult: (channel: Channel['name'], result: 'sent' | 'failed') => void;
}

/** Five tries over about half a minute: longer than a restart of the mail server, shorter than anybody's patience. */
const attempts = 5;
const backoff = { baseMs: 1_000, maxMs: 15_000 };
/** Messages that wait for a channel. An outage of Slack must not fill the memory. */
const maxWaiting = 100;

/** Messages to people, with retries, one at a time for each channel and in order. Without channels it does nothing. */
export function createMessenger({ channels, clock, logger, onResult }: MessengerOptions): Messenger {
  const stopping = new AbortController();
  const queues = channels.map((channel) => ({ channel, waiting: [] as Message[], running: Promise.resolve() }));
  type Queue = (typeof queues)[number];

  async function deliverWithRetries(channel: Channel, message: Message): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await channel.deliver(message, AbortSignal.any([stopping.signal, AbortSignal.timeout(10_000)]));
        onResult(channel.name, 'sent');
        return;
      } catch (err) {
        if (err instanceof DeliveryError || attempt === attempts || stopping.signal.aborted) {
          logger.error(
            { err, channel: channel.name, subject: message.subject, attempt },
            'a message to people was not delivered',
          );
          onResult(channel.name, 'failed');
          return;
        }
        await clock.sleep(backoffDelayMs(attempt, backoff), stopping.signal);
      }
    }
  }

  async function drain({ channel, waiting }: Queue): Promise<void> {
    for (let message = waiting.shift(); message; message = waiting.shift()) await deliverWithRetries(channel, message);
  }

  function enqueue(queue: Queue, message: Message): void {
    if (queue.waiting.length >= maxWaiting) {
      logger.error(
        { channel: queue.channel.name, subject: message.subject },
        'a message to people was dropped: too many wait',
      );
      onResult(queue.channel.name, 'failed');
      return;
    }
    queue.waiting.push(message);
    queue.running = queue.running.then(() => drain(queue));
  }

  return {
    send: (message) => {
      for (const queue of queues) enqueue(queue, message);
    },
    stop: async (graceMs = 3_000) => {
      const done = Promise.all(queues.map((queue) => queue.running));
      const giveUp = setTimeout(() => stopping.abort(), graceMs);
      await done;
      clearTimeout(giveUp);
    },
  };
}
