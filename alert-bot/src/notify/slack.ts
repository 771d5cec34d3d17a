import { type Channel, DeliveryError } from './channel.ts';

/**
 * A Slack incoming webhook. 4xx other than 429 is final (the webhook was revoked, the payload is wrong).
 * Source: Slack API, "Sending messages using incoming webhooks", error handling.
 */
export function createSlackChannel(webhookUrl: string, fetchImpl: typeof fetch = fetch): Channel {
  return {
    name: 'slack',
    deliver: async ({ subject, body }, signal) => {
      const response = await fetchImpl(webhookUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text: `*${escapeMarkup(subject)}*\n${escapeMarkup(body)}` }),
        signal,
      });
      if (response.ok) return;
      const answer = `Slack answered ${response.status}: ${(await response.text()).slice(0, 200)}`;
      throw response.status < 500 && response.status !== 429 ? new DeliveryError(answer) : new Error(answer);
    },
  };
}

/** Slack's three control characters; without this a log line could mention @channel. */
const escapeMarkup = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
