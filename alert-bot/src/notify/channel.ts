import type { ChannelName } from '../incidents/outbox.ts';

/** What a person reads: one line that says it all, and the details below. */
export interface Message {
  subject: string;
  body: string;
  /** The same when the message is sent a second time, so that a mail program can show it once. */
  id?: string;
}

/** One way to reach people. `deliver` rejects with `DeliveryError` or `TryLater`, or with anything else for trouble that may pass. */
export interface Channel {
  readonly name: ChannelName;
  deliver(message: Message, signal: AbortSignal): Promise<void>;
}

/** The other side refused the message for a reason that waiting does not mend: a revoked webhook, an unknown address. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
}

/** The other side said when to try again. */
export class TryLater extends Error {
  override readonly name = 'TryLater';
  readonly afterMs: number;
  constructor(message: string, afterMs: number) {
    super(message);
    this.afterMs = afterMs;
  }
}
