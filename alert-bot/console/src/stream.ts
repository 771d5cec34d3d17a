import { nextToken, request } from './api.ts';

export interface StreamHandlers {
  onReady(data: unknown): void;
  /** `id` is the log's sequence number; absent for what is not in the log. */
  onEvent(type: string, data: unknown, id: number | undefined): void;
  onLost(): void;
}

const firstRetryMs = 1_000;
const longestRetryMs = 10_000;
/** The bot says something every 15 seconds; a connection that is quiet for longer is dead without having ended. */
const silenceMs = 40_000;

/** Reads the bot's stream for as long as the page is open. `EventSource` cannot send a token, so it is read with `fetch`. */
export async function followStream(handlers: StreamHandlers): Promise<never> {
  let lastId: number | undefined;
  for (let retryMs = firstRetryMs; ; retryMs = Math.min(longestRetryMs, retryMs * 2)) {
    try {
      const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': String(lastId) };
      await readStream(headers, (type, data, id) => {
        lastId = id ?? lastId;
        if (type === 'ready') lastId ??= Math.max(0, (data as { seq: number }).seq);
        retryMs = firstRetryMs;
        if (type === 'ready') handlers.onReady(data);
        else handlers.onEvent(type, data, id);
      });
    } catch (error) {
      if ((error as { status?: number }).status === 401) {
        await nextToken();
        retryMs = firstRetryMs / 2;
        continue;
      }
    }
    handlers.onLost();
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

type OnEvent = (type: string, data: unknown, id: number | undefined) => void;

async function readStream(headers: Record<string, string>, onEvent: OnEvent): Promise<void> {
  const dead = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => dead.abort(), silenceMs);
  };
  try {
    heard();
    const response = await request('/incidents/stream?progress=true', { headers, signal: dead.signal });
    const reader = (response.body as ReadableStream<Uint8Array>)
      .pipeThrough(new TextDecoderStream() as never)
      .getReader();
    let rest = '';
    for (;;) {
      const { done, value } = (await reader.read()) as { done: boolean; value: string };
      if (done) return;
      heard();
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) emit(block, onEvent);
    }
  } finally {
    clearTimeout(timer);
  }
}

function emit(block: string, onEvent: OnEvent): void {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  const [type, data, id] = [fields.get('event'), fields.get('data'), fields.get('id')];
  if (type !== undefined && data !== undefined)
    onEvent(type, JSON.parse(data), id === undefined ? undefined : Number(id));
}
