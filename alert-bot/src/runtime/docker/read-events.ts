import { request } from 'node:http';
import { type EngineConnection, tlsModule } from './engine-connection.ts';
import { EngineError, EngineUnreachable } from './engine-error.ts';
import type { ContainerEvent } from './engine-types.ts';
import { parseEvent, watchedActions } from './parse-event.ts';

export interface EventsRequest {
  /** Labels that the containers must carry, as the engine's filter takes them. */
  label: readonly string[];
  /** Events after this time that the engine still remembers come first. Seconds with a fraction, as the engine takes them. */
  since: string;
  onOpen: () => void;
  onEvent: (event: ContainerEvent) => void;
  signal: AbortSignal;
}

/** An event is well below 10 kB; the labels of its container are part of it. */
const maxLineBytes = 1024 * 1024;
const answerTimeoutMs = 10_000;

/**
 * Follows the events of containers until the stream ends or breaks. Neither the connection nor its timer keeps the
 * process alive.
 * @throws EngineError when the engine, or a proxy in front of it, refuses; EngineUnreachable when the stream breaks
 */
export function readEvents(
  connection: EngineConnection,
  { label, since, onOpen, onEvent, signal }: EventsRequest,
): Promise<void> {
  const filters = { type: ['container'], event: watchedActions, ...(label.length > 0 && { label }) };
  const path = `/events?${new URLSearchParams({ since, filters: JSON.stringify(filters) })}`;
  return new Promise((resolve, reject) => {
    const { tls, ...address } = { tls: undefined, ...connection };
    const options = { ...address, path, agent: false, signal } as const;
    const req = tls ? tlsModule().request({ ...options, ...tls }) : request(options);
    const fail = (reason: string) => {
      clearTimeout(timer);
      req.destroy();
      reject(new EngineUnreachable(`the engine's events are not readable: ${reason}`, false));
    };
    const timer = setTimeout(() => fail(`no answer within ${answerTimeoutMs} ms`), answerTimeoutMs).unref();
    req.on('socket', (socket) => socket.setKeepAlive(true, 30_000).unref());
    req.on('error', (error) => fail(error.message));
    req.on('response', (res) => {
      clearTimeout(timer);
      if (res.statusCode !== 200) {
        req.destroy();
        reject(new EngineError(res.statusCode ?? 0, `the engine answered ${res.statusCode} to events`));
        return;
      }
      onOpen();
      res.on(
        'data',
        splitLines(onEvent, () => fail(`an event of more than ${maxLineBytes} bytes`)),
      );
      res.on('error', (error) => fail(error.message));
      res.on('close', () => resolve());
    });
    req.end();
  });
}

function splitLines(onEvent: (event: ContainerEvent) => void, tooLong: () => void): (chunk: Buffer) => void {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  return (chunk) => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const event = parseEvent(Buffer.concat([...kept, rest.subarray(0, end)]).toString());
      kept = [];
      keptBytes = 0;
      if (event) onEvent(event);
      rest = rest.subarray(end + 1);
    }
    if (rest.length === 0) return;
    kept.push(rest);
    keptBytes += rest.length;
    if (keptBytes > maxLineBytes) tooLong();
  };
}
