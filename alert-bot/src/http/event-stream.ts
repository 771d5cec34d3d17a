import { ProblemError } from '@stack/service-kit/problems';
import type { RequestHandler, Response } from 'express';
import type { Healer } from '../healer/healer.ts';
import type { IncidentEvent } from '../incidents/event.ts';

/** Readers at the same time; each costs a socket. */
const maxReaders = 100;
/** A reader that lets this much pile up is cut off rather than kept in memory. */
const maxBufferedBytes = 1_048_576;
/** Comments in between keep proxies from closing a quiet stream. */
const heartbeatMs = 15_000;

export interface EventStream {
  handler: RequestHandler;
  /** Ends every stream, so that the server can stop. */
  close(): void;
}

/** `GET /incidents/stream`: every durable event as a server-sent event; its `id` is the log's sequence number. */
export function createEventStream(healer: Pick<Healer, 'subscribe'>): EventStream {
  const readers = new Set<Response>();
  let closed = false;

  const handler: RequestHandler = (_req, res) => {
    if (closed) throw new ProblemError('stopping');
    if (readers.size >= maxReaders)
      throw new ProblemError('unavailable', { detail: 'Too many readers.', retryAfterSeconds: 10 });
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    res.write(': connected\n\n');
    readers.add(res);
    const unsubscribe = healer.subscribe((event) => send(res, event));
    const heartbeat = setInterval(() => res.write(': still here\n\n'), heartbeatMs);
    res.once('close', () => {
      readers.delete(res);
      clearInterval(heartbeat);
      unsubscribe();
    });
  };

  return {
    handler,
    close: () => {
      closed = true;
      for (const res of readers) res.end();
    },
  };
}

function send(res: Response, event: IncidentEvent): void {
  if (res.writableLength > maxBufferedBytes) return void res.destroy();
  res.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}
