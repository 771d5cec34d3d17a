import { backoffDelayMs } from '@stack/service-kit/backoff';
import { within } from '../decide/within.ts';
import type { NewEvent } from '../incidents/event.ts';
import type { OutboxEntry } from '../incidents/outbox.ts';
import { type Channel, DeliveryError, TryLater } from './channel.ts';
import type { CourierOptions } from './courier.ts';
import { deliverInTime } from './deliver-in-time.ts';
import { mostInOneMessage } from './describe-call.ts';

const backoff = { baseMs: 1_000, maxMs: 600_000 };
/** A message that was refused for good is tried again so rarely: somebody may have mended the address meanwhile. */
const refusedMs = 3_600_000;
/** Between two tries to record what was told. */
const unrecordedMs = 5_000;
const expireMs = 7 * 86_400_000;
/** The most that a server may ask us to wait. */
const longestWaitMs = 3_600_000;
/** As many messages are sent one by one; more are told together, because a person reads one page and not fifty. */
const mostAlone = 5;

type Batch = readonly OutboxEntry[];

/** Delivers the messages of one channel, oldest first, one delivery at a time, until it is stopped. */
export class CourierLane {
  readonly #channel: Channel;
  readonly #options: CourierOptions;
  readonly #stopping = new AbortController();
  readonly #givenUp = new AbortController();
  readonly #running: Promise<void>;
  /** Entries that were refused one by one, and when. */
  readonly #refused = new Map<number, number>();
  /** Told, but the log does not say so yet. */
  #unrecorded: Batch = [];
  /** A backlog was refused as a whole: which message is at fault shows one by one. */
  #oneByOne = false;
  #failures = 0;
  #said: 'nothing' | 'failed' | 'refused' = 'nothing';
  #lastError: string | null = null;
  #rest = new AbortController();

  constructor(channel: Channel, options: CourierOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#running = this.#run();
  }

  get lastError(): string | null {
    return this.#lastError;
  }

  wake(): void {
    this.#rest.abort();
  }

  /** Finishes what is under way, for at most `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    const grace = setTimeout(() => this.#givenUp.abort(new Error('the bot stops')), graceMs);
    await this.#running;
    clearTimeout(grace);
  }

  async #run(): Promise<void> {
    const stopping = this.#stopping.signal;
    for (;;) {
      const batch = this.#nextBatch();
      if (this.#unrecorded.length > 0) {
        if (!(await this.#confirm()) && stopping.aborted) return;
      } else if (batch.length > 0) await this.#attempt(batch);
      else if (stopping.aborted) return;
      else await this.#untilSomethingIsDue();
      if (this.#failures > 0 && stopping.aborted) return; // the next start tries again
    }
  }

  #nextBatch(): Batch {
    const now = this.#options.clock.now();
    const due = this.#waiting().filter(({ seq }) => !within(this.#refused.get(seq), refusedMs, now));
    return this.#oneByOne || due.length <= mostAlone ? due.slice(0, 1) : due.slice(0, mostInOneMessage);
  }

  #waiting(): Batch {
    return this.#options.outbox.waiting(this.#channel.name);
  }

  async #untilSomethingIsDue(): Promise<void> {
    this.#rest = new AbortController();
    const signal = AbortSignal.any([this.#rest.signal, this.#stopping.signal]);
    const waiting = new Set(this.#waiting().map(({ seq }) => seq));
    for (const seq of this.#refused.keys()) if (!waiting.has(seq)) this.#refused.delete(seq);
    if (this.#refused.size > 0) await this.#options.clock.sleep(refusedMs / 60, signal);
    else await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  async #attempt(batch: Batch): Promise<void> {
    const { clock, describe } = this.#options;
    try {
      await deliverInTime(this.#channel, describe(batch), clock, this.#givenUp.signal);
    } catch (error) {
      await this.#failed(batch, error as Error);
      return;
    }
    this.#unrecorded = batch;
    this.#succeeded(batch);
  }

  #succeeded(batch: Batch): void {
    const { logger, onResult } = this.#options;
    const channel = this.#channel.name;
    if (this.#failures > 0) logger.info({ channel, tries: this.#failures + 1 }, 'messages to people arrive again');
    this.#failures = 0;
    this.#said = 'nothing';
    this.#lastError = null;
    this.#oneByOne = false;
    onResult(channel, 'sent', batch.length);
  }

  async #failed(batch: Batch, error: Error): Promise<void> {
    const { clock, onResult, random } = this.#options;
    const isRefusal = error instanceof DeliveryError;
    this.#lastError = error.message;
    this.#failures += 1;
    onResult(this.#channel.name, 'failed', batch.length);
    this.#sayOnce(isRefusal);
    const [first] = batch;
    if (isRefusal && batch.length > 1) this.#oneByOne = true;
    else if (isRefusal && first) this.#refused.set(first.seq, clock.now());
    await this.#expire(batch);
    const asked = error instanceof TryLater ? Math.min(error.afterMs, longestWaitMs) : 0;
    const delay = backoffDelayMs(this.#failures, { ...backoff, ...(random && { random }) });
    await clock.sleep(Math.max(asked, delay), this.#stopping.signal);
  }

  /** Of an outage that lasts, its beginning is the news; the rest is in the metrics. */
  #sayOnce(isRefusal: boolean): void {
    if (this.#said === 'refused' || (this.#said === 'failed' && !isRefusal)) return;
    this.#said = isRefusal ? 'refused' : 'failed';
    const { logger } = this.#options;
    const facts = { channel: this.#channel.name, error: this.#lastError, waiting: this.#waiting().length };
    if (isRefusal) logger.error(facts, 'a message that a person must hear was refused; it is tried again each hour');
    else logger.warn(facts, 'a message that a person must hear could not be delivered; it is tried again');
  }

  /** Only after another try, so that a clock that was wrong for a while loses nothing. */
  async #expire(batch: Batch): Promise<void> {
    const { clock, logger, onResult, record } = this.#options;
    const channel = this.#channel.name;
    const old = batch.filter(({ at }) => !within(at, expireMs, clock.now()));
    if (old.length === 0) return;
    const incidents = old.map(({ incident }) => incident);
    logger.error({ channel, incidents }, 'messages that a person must hear could not be delivered for 7 days');
    onResult(channel, 'expired', old.length);
    await record(old.map((entry) => this.#notified(entry, 'expired'))).catch(() => undefined);
  }

  /** When the log does not take it, it is asked again: the message is not sent a second time for that. */
  async #confirm(): Promise<boolean> {
    const { clock, record } = this.#options;
    try {
      await record(this.#unrecorded.map((entry) => this.#notified(entry, 'delivered')));
      this.#unrecorded = [];
      return true;
    } catch {
      await clock.sleep(unrecordedMs, this.#stopping.signal);
      return false;
    }
  }

  #notified({ incident, seq }: OutboxEntry, result: 'delivered' | 'expired'): NewEvent {
    const at = new Date(this.#options.clock.now()).toISOString();
    const detail = result === 'expired' && this.#lastError ? { detail: this.#lastError.slice(0, 300) } : {};
    return { at, incident, type: 'notified', of: seq, channel: this.#channel.name, result, ...detail };
  }
}
