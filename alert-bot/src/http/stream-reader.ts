import type { Logger } from '@stack/service-kit/logger';
import type { Response } from 'express';
import type { IncidentEvent } from '../incidents/event.ts';

/** A reader that lets this much pile up is cut off rather than kept in memory. */
const maxBufferedBytes = 262_144;
/** How long a reader may take to read what it asked to be repeated. */
const patienceMs = 5_000;

/** One reader of the stream, with a bounded buffer. */
export interface StreamReader {
  send(type: string, data: object): void;
  sendEvent(event: IncidentEvent): void;
  comment(text: string): void;
  /** Resolves to true when there is room again; to false when the reader is gone or was cut off because it reads nothing. */
  room(): Promise<boolean>;
  isGone(): boolean;
  cutOff(): void;
}

export function createStreamReader(res: Response, logger: Logger): StreamReader {
  const isGone = () => res.destroyed || res.closed;
  const cutOff = () => {
    if (isGone()) return;
    const { writableLength: bufferedBytes } = res;
    logger.warn({ bufferedBytes, client: res.req.socket.remoteAddress }, 'a reader of the events was cut off');
    res.destroy();
  };
  const write = (text: string) => {
    if (isGone()) return;
    if (res.writableLength > maxBufferedBytes) cutOff();
    else res.write(text);
  };
  return {
    send: (type, data) => write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`),
    sendEvent: (event) => write(textOf(event)),
    comment: (text) => write(`: ${text}\n\n`),
    room: async () => {
      if (!isGone() && res.writableLength > maxBufferedBytes / 2 && !(await isDrained(res))) cutOff();
      return !isGone();
    },
    isGone,
    cutOff,
  };
}

let latest: { event: IncidentEvent; text: string } | undefined;

/** One text for all readers: what fifty of them have not read is in memory once. */
function textOf(event: IncidentEvent): string {
  if (latest?.event !== event)
    latest = { event, text: `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n` };
  return latest.text;
}

function isDrained(res: Response): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (drained: boolean) => {
      clearTimeout(timer);
      res.off('drain', onDrain).off('close', onClose);
      resolve(drained);
    };
    const onDrain = () => settle(true);
    const onClose = () => settle(false);
    const timer = setTimeout(onClose, patienceMs);
    res.once('drain', onDrain).once('close', onClose);
  });
}
