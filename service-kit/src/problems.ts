import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type * as z from 'zod';
import type { Logger } from './logger.ts';
import { requestIdOf } from './request-log.ts';

/** One entry of an error catalogue. */
export interface ProblemType {
  status: number;
  title: string;
}

export type ProblemCatalogue = Readonly<Record<string, ProblemType>>;

/** What every service may answer. A service adds its own: `{ ...commonProblems, … }`. */
export const commonProblems = {
  bad_json: { status: 400, title: 'The body is not valid JSON' },
  bad_request: { status: 400, title: 'The request cannot be understood' },
  validation_failed: { status: 400, title: 'The request does not have the expected form' },
  unauthorized: { status: 401, title: 'A valid bearer token is needed' },
  forbidden: { status: 403, title: 'This may not be asked from here' },
  not_found: { status: 404, title: 'There is nothing at this address' },
  method_not_allowed: { status: 405, title: 'This address does not take this method' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  too_many_requests: { status: 429, title: 'Too much was asked at the same time' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'The service cannot do this at the moment' },
} as const satisfies ProblemCatalogue;

/** One field that is wrong: `path` as a JSON pointer-like dotted path, empty for the whole body. */
export interface FieldProblem {
  path: string;
  message: string;
}

export interface ProblemDetails {
  detail?: string;
  errors?: readonly FieldProblem[];
  /** Seconds, sent as Retry-After. */
  retryAfterSeconds?: number;
  headers?: Readonly<Record<string, string>>;
  cause?: unknown;
}

/** Thrown anywhere in a handler; `code` is an entry of the service's catalogue. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: string;
  readonly details: ProblemDetails;
  constructor(code: string, details: ProblemDetails = {}) {
    super(details.detail ?? code, { cause: details.cause });
    this.code = code;
    this.details = details;
  }
}

/** Lists every field that zod refused. `prefix` says where the value came from: `query`, `body`, … */
export function validationProblem(error: z.ZodError, prefix = ''): ProblemError {
  const errors = error.issues.flatMap((issue) => {
    const at = [prefix, ...issue.path.map(String)].filter((part) => part !== '');
    if (issue.code !== 'unrecognized_keys') return [{ path: at.join('.'), message: issue.message }];
    return issue.keys.map((key) => ({ path: [...at, key].join('.'), message: 'is not a known field' }));
  });
  return new ProblemError('validation_failed', { errors });
}

/** Validates with a zod schema. @throws ProblemError validation_failed with every field */
export function parseOrProblem<T extends z.ZodType>(schema: T, value: unknown, prefix = ''): z.output<T> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw validationProblem(parsed.error, prefix);
  return parsed.data;
}

/** The last handler before the error handler: whatever no route took. */
export const notFound: RequestHandler = (req) => {
  throw new ProblemError('not_found', { detail: `No route takes ${req.method} ${req.path.slice(0, 200)}.` });
};

/** For `app.all(path, …)` after the path's own methods. */
export const methodNotAllowed =
  (...allowed: string[]): RequestHandler =>
  (req) => {
    const detail = `${req.method} is not possible here; possible: ${allowed.join(', ')}.`;
    throw new ProblemError('method_not_allowed', { detail, headers: { allow: allowed.join(', ') } });
  };

export interface ProblemHandlerOptions {
  catalogue: ProblemCatalogue;
  logger: Logger;
  /** Turns a service's own errors (a database that is gone) into problems; `undefined` leaves them alone. */
  mapError?: ((error: unknown) => ProblemError | undefined) | undefined;
  /** Called once for each answered problem, for the metric. */
  onProblem?: ((code: string) => void) | undefined;
}

/** The one middleware that answers errors: RFC 9457 `application/problem+json` with the catalogue's `code`. */
export function problemHandler({ catalogue, logger, mapError, onProblem }: ProblemHandlerOptions): ErrorRequestHandler {
  return (error, req, res, _next) => {
    const problem = toProblem(error, mapError);
    const type = catalogue[problem.code] ?? commonProblems.internal;
    const code = catalogue[problem.code] ? problem.code : 'internal';
    onProblem?.(code);
    if (type.status >= 500)
      logger.error({ err: problem.details.cause ?? error, reqId: requestIdOf(req), code }, 'request failed');
    if (res.headersSent) return void req.socket.destroy(); // half an answer is sent: only cutting the line tells the client
    sendProblem(req, res, code, type, problem.details);
  };
}

function sendProblem(req: Request, res: Response, code: string, type: ProblemType, details: ProblemDetails): void {
  if (details.retryAfterSeconds !== undefined) res.setHeader('retry-after', details.retryAfterSeconds);
  for (const [name, value] of Object.entries(details.headers ?? {})) res.setHeader(name, value);
  res.statusCode = type.status;
  res.setHeader('content-type', 'application/problem+json; charset=utf-8');
  const { detail, errors } = details;
  const type_ = `urn:observability-stack:problem:${code}`;
  const instance = req.originalUrl.slice(0, 500);
  res.end(
    JSON.stringify({
      type: type_,
      title: type.title,
      status: type.status,
      code,
      detail,
      instance,
      requestId: requestIdOf(req),
      errors,
    }),
  );
}

function toProblem(error: unknown, mapError: ProblemHandlerOptions['mapError']): ProblemError {
  if (error instanceof ProblemError) return error;
  return mapError?.(error) ?? fromExpress(error) ?? new ProblemError('internal', { cause: error });
}

/** Express gives its errors a `status`: an address that cannot be decoded is the client's fault. */
function fromExpress(error: unknown): ProblemError | undefined {
  const { status, message } = (error ?? {}) as { status?: number; message?: string };
  if (status === undefined || status < 400 || status > 499) return undefined;
  return new ProblemError('bad_request', { detail: String(message) });
}
