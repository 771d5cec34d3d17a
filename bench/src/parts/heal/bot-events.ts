/** An event of `GET /incidents/stream`; the fields that are needed here. */
export interface BotEvent {
  type: string;
  incident: string | null;
  ok?: boolean;
  outcome?: string;
}

export interface BotEvents {
  /** Resolves with the first event, from now on, that `wanted` accepts. @throws Error when none comes within a minute */
  next(what: string, wanted: (event: BotEvent) => boolean): Promise<BotEvent>;
  close(): void;
}

/** Reads the bot's log as it is written: an event is sent when it is on the disk. */
export async function readBotEvents(botUrl: string): Promise<BotEvents> {
  const closing = new AbortController();
  const response = await fetch(`${botUrl}/incidents/stream`, { signal: closing.signal });
  const listeners = new Set<(event: BotEvent) => void>();
  void readEvents(response, (event) => {
    for (const listener of listeners) listener(event);
  }).catch(() => undefined); // closed, by us or with the bot: whoever waits is told by its own timeout
  const next: BotEvents['next'] = (what, wanted) =>
    new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        listeners.delete(listener);
        finish();
      };
      const listener = (event: BotEvent) => {
        if (wanted(event)) settle(() => resolve(event));
      };
      const timer = setTimeout(() => settle(() => reject(new Error(`the bot did not say: ${what}`))), 60_000);
      listeners.add(listener);
    });
  return { next, close: () => closing.abort() };
}

async function readEvents(response: Response, onEvent: (event: BotEvent) => void): Promise<void> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data: ')) onEvent(JSON.parse(line.slice(6)) as BotEvent);
  }
}
