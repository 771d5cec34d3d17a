import { ProblemError } from '@stack/service-kit/problems';
import { serviceVersion } from '@stack/service-kit/version';
import type { Request, RequestHandler, Response } from 'express';
import type { Healer } from '../healer/healer.ts';
import type { Progress } from '../healer/views.ts';
import type { IncidentEvent } from '../incidents/event.ts';

/** Readers at the same time; each costs a socket. */
const maxReaders = 100;
/** A reader that lets this much pile up is cut off rather than kept in memory. */
const maxBufferedBytes = 1_048_576;
/** Comments in between keep proxies from closing a quiet stream. */
const heartbeatMs = 15_000;
/** How often the console is told what no event of the log says: containers, budget, sources, Watchdog. */
const stateMs = 5_000;
/** Events that come while what was missed is read from the log. */
const maxHeldBack = 1_000;

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
 * `services` when they have changed.
 */
export function createEventStream(healer: StreamHealer): EventStream {
  const readers = new Set<Response>();
  let closed = false;

  const handler: RequestHandler = (req, res) => {
    if (closed) throw new ProblemError('stopping');
    if (readers.size >= maxReaders)
      throw new ProblemError('unavailable', { detail: 'Too many readers.', retryAfterSeconds: 10 });
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    res.write(': connected\n\n');
    readers.add(res);
    const unsubscribe = [...subscribe(healer, req, res)];
    const heartbeat = setInterval(() => res.write(': still here\n\n'), heartbeatMs);
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

function* subscribe({ subscribe: listen, views, stats }: StreamHealer, req: Request, res: Response) {
  const seen = lastEventId(req);
  if (req.query['progress'] === 'true') {
    send(res, 'ready', {
      version: serviceVersion,
      now: new Date().toISOString(),
      seq: views.lastSeq(),
      status: stats(),
    });
    yield tellState({ views, stats }, res);
    yield views.onProgress((progress: Progress) => send(res, 'progress', progress));
  }
  if (seen === undefined) yield listen((event) => sendEvent(res, event));
  else yield listen(replay(views, res, seen));
}

/** A page that is open all day has nothing to ask for. */
function tellState({ views, stats }: Pick<StreamHealer, 'views' | 'stats'>, res: Response): () => void {
  let last = { status: '', services: '' };
  const tell = async () => {
    const [status, services] = [stats(), await views.services()];
    const answers = services.observedAt !== null;
    const now = { status: JSON.stringify(status), services: JSON.stringify({ ...services, observedAt: answers }) };
    if (res.closed) return;
    if (now.status !== last.status) send(res, 'status', status);
    if (now.services !== last.services) send(res, 'services', services);
    last = now;
  };
  const timer = setInterval(() => void tell().catch(() => undefined), stateMs);
  return () => clearInterval(timer);
}

/** What was missed comes first, so what happens meanwhile is held back. */
function replay(views: Healer['views'], res: Response, seen: number): (event: IncidentEvent) => void {
  let last = seen;
  let heldBack: IncidentEvent[] | undefined = [];
  const pass = (event: IncidentEvent) => {
    if (event.seq <= last) return;
    last = event.seq;
    sendEvent(res, event);
  };
  const finish = (events: readonly IncidentEvent[], complete: boolean) => {
    if (!complete) send(res, 'gap', { after: seen });
    for (const event of [...events, ...(heldBack ?? [])]) pass(event);
    heldBack = undefined;
  };
  if (seen > views.lastSeq()) last = -1; // of another log
  views.since(seen).then(
    ({ events, complete }) => finish(events, complete && last === seen),
    () => finish([], false),
  );
  return (event) => {
    if (!heldBack) return pass(event);
    heldBack.push(event);
    if (heldBack.length > maxHeldBack) res.destroy();
  };
}

function lastEventId(req: Request): number | undefined {
  const given = req.headers['last-event-id'];
  return typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : undefined;
}

const sendEvent = (res: Response, event: IncidentEvent) => write(res, `id: ${event.seq}\n`, event.type, event);
const send = (res: Response, type: string, data: object) => write(res, '', type, data);

function write(res: Response, id: string, type: string, data: object): void {
  if (res.writableLength > maxBufferedBytes) return void res.destroy();
  res.write(`${id}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}
