import type { Logger } from '@stack/service-kit/logger';
import { ProblemError } from '@stack/service-kit/problems';
import { serviceVersion } from '@stack/service-kit/version';
import type { Request, RequestHandler, Response } from 'express';
import type { Healer } from '../healer/healer.ts';
import type { Progress } from '../healer/views.ts';
import { createReplay, type ReplayMissed } from './replay-missed.ts';
import { createStreamReader, type StreamReader } from './stream-reader.ts';

/** Readers at the same time; each costs a socket and what it has not read. */
const maxReaders = 50;
/** Comments in between keep proxies from closing a quiet stream. */
const heartbeatMs = 15_000;
/** How often the console is told what no event of the log says: containers, budget, sources, Watchdog. */
const stateMs = 5_000;

type StreamHealer = Pick<Healer, 'subscribe' | 'views' | 'stats'>;

export interface EventStream {
  handler: RequestHandler;
  /** Ends every stream, so that the server can stop. */
  close(): void;
}

/**
 * `GET /incidents/stream`: every durable event as a server-sent event; its `id` is the log's sequence number. Who says with
 * `Last-Event-ID` what he has seen gets what he missed from the log first, or a `gap` when that is too long ago. `?progress=true`
 * adds what is not in the log and has no id: `ready` at the beginning, `progress` for each step of an action, and `status` and
 * `services` when they have changed. A reader that does not keep up is cut off; it can come back.
 */
export function createEventStream(healer: StreamHealer, logger: Logger): EventStream {
  const readers = new Set<Response>();
  const replayMissed = createReplay(healer.views);
  let closed = false;

  const handler: RequestHandler = (req, res) => {
    if (closed) throw new ProblemError('stopping');
    if (readers.size >= maxReaders)
      throw new ProblemError('unavailable', {
        detail: `There are ${maxReaders} readers already.`,
        retryAfterSeconds: 10,
      });
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    if (req.method === 'HEAD') return void res.end();
    readers.add(res);
    const reader = createStreamReader(res, logger);
    reader.comment('connected');
    const unsubscribe = [...subscribe(healer, req, reader, replayMissed)];
    const heartbeat = setInterval(() => reader.comment('still here'), heartbeatMs);
    res.once('close', () => {
      readers.delete(res);
      clearInterval(heartbeat);
      for (const stop of unsubscribe) stop();
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

function* subscribe(
  { subscribe: listen, views, stats }: StreamHealer,
  req: Request,
  reader: StreamReader,
  replayMissed: ReplayMissed,
) {
  const seen = lastEventId(req);
  if (req.query['progress'] === 'true') {
    reader.send('ready', {
      version: serviceVersion,
      now: new Date().toISOString(),
      seq: views.lastSeq(),
      status: stats(),
    });
    yield tellState({ views, stats }, reader);
    yield views.onProgress((progress: Progress) => reader.send('progress', progress));
  }
  if (seen === undefined) yield listen((event) => reader.sendEvent(event));
  else yield listen(replayMissed(reader, seen));
}

/** A page that is open all day has nothing to ask for. */
function tellState({ views, stats }: Pick<StreamHealer, 'views' | 'stats'>, reader: StreamReader): () => void {
  let last = { status: '', services: '' };
  const tell = async () => {
    const [status, services] = [stats(), await views.services()];
    const answers = services.observedAt !== null;
    const now = { status: JSON.stringify(status), services: JSON.stringify({ ...services, observedAt: answers }) };
    if (reader.isGone()) return;
    if (now.status !== last.status) reader.send('status', status);
    if (now.services !== last.services) reader.send('services', services);
    last = now;
  };
  const timer = setInterval(() => void tell().catch(() => undefined), stateMs);
  return () => clearInterval(timer);
}

function lastEventId(req: Request): number | undefined {
  const given = req.headers['last-event-id'];
  return typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : undefined;
}
