import type { Clock } from '@stack/service-kit/clock';
import type * as z from 'zod';
import type { WatchItem } from '../watch.ts';
import type { AgentAnswer } from './agent-client.ts';
import { newsAnswer } from './watch-protocol.ts';

export interface WatchAgentOptions {
  ask: (path: string, timeoutMs: number, signal: AbortSignal) => Promise<AgentAnswer>;
  clock: Clock;
  signal: AbortSignal;
}

/** One question stays open for so long; a lost connection is noticed a little later. */
const waitMs = 8_000;
const slackMs = 4_000;
const retryMs = 500;
const longestRetryMs = 5_000;
/** Shorter breaks are nothing to tell: the stream goes on where it was. */
const breaksToTell = 3;

/** The agent answers, and does not tell what happens to containers. */
const cannotTell: ReadonlySet<number> = new Set([404, 405, 501]);

/** Asks the agent for what is new, again and again, from the place of the last answer on. Ends when the agent cannot tell. */
export async function* watchAgent({ ask, clock, signal }: WatchAgentOptions): AsyncGenerator<WatchItem, void, void> {
  let after = '';
  let failures = 0;
  while (!signal.aborted) {
    const query = new URLSearchParams({ waitMs: String(waitMs), ...(after && { after }) });
    const answer = await ask(`/v2/watch?${query}`, waitMs + slackMs, signal).catch((error: Error) => error);
    if (signal.aborted) return;
    if ('status' in answer && cannotTell.has(answer.status)) return;
    const news = 'status' in answer ? read(answer) : answer;
    if (news instanceof Error) {
      failures += 1;
      if (failures === breaksToTell) {
        yield { type: 'lost', reason: news.message };
        after = ''; // a list says that it is heard again
      }
      await clock.sleep(Math.min(longestRetryMs, retryMs * 2 ** (failures - 1)), signal);
      continue;
    }
    failures = 0;
    after = news.next;
    yield* news.items;
  }
}

function read({ status, body }: AgentAnswer): z.infer<typeof newsAnswer> | Error {
  if (status < 200 || status > 299) return new Error(`the agent answered ${status}`);
  const parsed = newsAnswer.safeParse(body);
  return parsed.success ? parsed.data : new Error("the agent's answer is not understood");
}
