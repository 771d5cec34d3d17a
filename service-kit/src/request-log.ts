import { randomBytes } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { type Logger, withoutRedaction } from './logger.ts';

const acceptableId = /^[\w.-]{1,128}$/;
/** Made for the first request: node:crypto takes 4 ms of a start. */
let processPart: string | undefined;
let counter = 0;

const idHeader = 'x-request-id';

/**
 * The request's id: the client's `X-Request-Id` when it is harmless, else one of our own. It is where the answer has it:
 * a WeakMap would keep each finished request until V8's next full collection.
 */
export const requestIdOf = (req: Request): string | undefined => req.res?.getHeader(idHeader) as string | undefined;

export interface RequestLogOptions {
  logger: Logger;
  /** Paths logged at debug level: probes come every few seconds. */
  quietPaths?: readonly string[];
}

/**
 * One line for each request when it ends: method, path without its query (it may carry secrets), status, milliseconds.
 * 5xx at error, anything else at info; a client that went away before the answer is status 499.
 */
export function requestLog({ logger, quietPaths = [] }: RequestLogOptions): RequestHandler {
  const quiet = new Set(quietPaths);
  const lines = withoutRedaction(logger); // the query and the headers, where secrets could be, are not in them
  return (req, res, next) => {
    const startedAt = performance.now();
    const id = chooseId(req.headers[idHeader]);
    res.setHeader(idHeader, id);
    const { path } = req;
    res.once('close', () => {
      const status = res.writableFinished ? res.statusCode : 499;
      const line = {
        reqId: id,
        method: req.method,
        path: path.slice(0, 256),
        status,
        durationMs: round(performance.now() - startedAt),
      };
      if (status >= 500) lines.error(line, 'request');
      else if (quiet.has(path)) lines.debug(line, 'request');
      else lines.info(line, 'request');
    });
    next();
  };
}

function chooseId(given: string | string[] | undefined): string {
  if (typeof given === 'string' && acceptableId.test(given)) return given;
  counter = (counter + 1) % Number.MAX_SAFE_INTEGER;
  processPart ??= randomBytes(6).toString('hex');
  return `${processPart}-${counter.toString(36)}`;
}

const round = (ms: number) => Math.round(ms * 100) / 100;
