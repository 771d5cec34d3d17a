import { AsyncLocalStorage } from 'node:async_hooks';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';

interface Scope extends ScopeOptions {
  req: Request;
  res: Response;
}

export interface ScopeOptions {
  /** Says to the client that its request failed. */
  answer: ErrorRequestHandler;
  /** For the metric. */
  onEscape?: () => void;
}

const scopes = new AsyncLocalStorage<Scope>();

/**
 * Remembers, for all that a request sets going, which request it was. An error that is thrown where no handler can catch it (in a timer, in a
 * stream's event, in a promise that nobody awaits) then costs that request: see `costOneRequest`.
 */
export const scopeRequest =
  (options: ScopeOptions): RequestHandler =>
  (req, res, next) =>
    scopes.run({ req, res, ...options }, next);

/**
 * Answers the request that the error escaped from, or cuts its line when the answer has begun. Call it in the handlers of `uncaughtException` and
 * `unhandledRejection`. False when there is no such request, or when it was answered before: then nobody knows what else the error has hit.
 */
export function costOneRequest(error: unknown): boolean {
  const scope = scopes.getStore();
  if (!scope || scope.res.writableEnded) return false;
  const { req, res, answer, onEscape } = scope;
  try {
    onEscape?.();
    answer(new EscapedError(error), req, res, () => undefined);
  } catch {
    req.socket.destroy();
  }
  return true;
}

/** Always a 500, whatever the error itself would have meant to a handler that had caught it. */
class EscapedError extends Error {
  override readonly name = 'EscapedError';
  constructor(cause: unknown) {
    super('an error escaped from a request', { cause });
  }
}
