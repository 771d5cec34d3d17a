import { type Channel, DeliveryError, type Message, TryLater } from './channel.ts';
import { plainLine, plainText } from './plain-text.ts';

/** Slack cuts a text at 40,000 characters. Escaping makes at most five of one. */
export const maxSlackBodyLength = 7_500;
const maxAnswerLength = 4_096;

/**
 * A Slack incoming webhook. 4xx other than 429 is final (the webhook was revoked, the payload is wrong), and so is any answer
 * that says nothing was posted. Source: Slack API, "Sending messages using incoming webhooks", error handling.
 */
export function createSlackChannel(webhookUrl: string, fetchImpl: typeof fetch = fetch): Channel {
  return {
    name: 'slack',
    deliver: async (message, signal) => {
      const response = await fetchImpl(webhookUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(toPayload(message)),
        redirect: 'manual', // a redirected POST arrives as a GET, and the page that answers it has posted nothing
        signal,
      }).catch((error: unknown) => {
        throw new Error(`Slack cannot be reached (${causeOf(error)})`);
      });
      judge(response, (await readAnswer(response)).replaceAll(webhookUrl, '…'));
    },
  };
}

/** Bold subject, then the body. Links are not unfolded: a label may name any page. */
function toPayload({ subject, body }: Message) {
  const text = `*${escapeMarkup(plainLine(subject, 200))}*\n${escapeMarkup(plainText(body, maxSlackBodyLength))}`;
  return { text, unfurl_links: false, unfurl_media: false };
}

/** Slack's three control characters; without this a log line could mention @channel. */
const escapeMarkup = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function judge({ status, ok, headers }: Response, answer: string): void {
  if (ok && wasPosted(answer)) return;
  const said = `Slack answered ${status}${answer === '' ? '' : `: ${plainLine(answer, 200)}`}`;
  if (status === 429 || status === 503) throw new TryLater(said, retryAfterMs(headers.get('retry-after')));
  throw status >= 500 || status === 408 ? new Error(said) : new DeliveryError(said);
}

/** Slack and what imitates it answer "ok", nothing, or JSON. An error word or the page of some proxy is no delivery. */
function wasPosted(answer: string): boolean {
  const text = answer.trim();
  if (text === '' || text.toLowerCase() === 'ok') return true;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return false;
    return !['ok', 'success'].some((name) => (parsed as Record<string, unknown>)[name] === false);
  } catch {
    return false;
  }
}

/** Seconds, or a date (RFC 9110, 10.2.3); 0 when neither can be read. */
function retryAfterMs(value: string | null): number {
  if (value === null) return 0;
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

/** As much of the answer as can matter: a server may send without end. */
async function readAnswer(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let answer = '';
  while (answer.length < maxAnswerLength) {
    const { done, value } = await reader.read();
    if (done) return answer;
    answer += decoder.decode(value, { stream: true });
  }
  await reader.cancel().catch(() => undefined);
  return answer;
}

/** Never the whole error: it may hold the address, which is the secret. */
function causeOf(error: unknown): string {
  const { cause, name } = error as { cause?: { code?: string }; name?: string };
  return plainLine(cause?.code ?? name ?? 'no reason given', 60);
}
