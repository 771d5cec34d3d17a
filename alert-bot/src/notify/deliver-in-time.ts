import type { Clock } from '@stack/service-kit/clock';
import type { Channel, Message } from './channel.ts';

const timeoutMs = 15_000;

/** One delivery. A channel that hangs and does not listen to its signal is not waited for. */
export async function deliverInTime(
  channel: Channel,
  message: Message,
  clock: Clock,
  givenUp: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const late = new AbortController();
  const signal = AbortSignal.any([late.signal, givenUp]);
  void clock.sleep(timeoutMs, done.signal).then(() => late.abort(new Error(`no answer within ${timeoutMs / 1_000} s`)));
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  try {
    signal.throwIfAborted();
    await Promise.race([channel.deliver(message, signal), interrupted]);
  } finally {
    done.abort();
  }
}
