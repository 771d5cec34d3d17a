import { RuntimeUnavailable } from '../runtime.ts';
import type { EngineConnection } from './engine-connection.ts';
import { explainRefusal } from './explain-refusal.ts';
import { explainUnreachable } from './explain-unreachable.ts';

/** The engine answered, and the answer is an error. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  /** The HTTP status: 304 no change, 400, 403 (a filtering proxy), 404 no such thing, 409 conflict, 500. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The engine's answer is longer than anything that it should have to say, so it was not read to its end. */
export class AnswerTooLong extends EngineError {
  constructor(what: string, maxBytes: number) {
    super(502, `the engine's answer to ${what} is longer than ${maxBytes} bytes`);
  }
}

/** The engine did not answer. */
export class EngineUnreachable extends RuntimeUnavailable {
  /** False when the request certainly never reached the engine; true when it may have been carried out. */
  readonly maybeReceived: boolean;

  constructor(message: string, maybeReceived: boolean, cause?: unknown) {
    super(message, { cause });
    this.maybeReceived = maybeReceived;
  }
}

/** Codes of a connection that was never made. */
const neverConnected = new Set(['ENOENT', 'ECONNREFUSED', 'EACCES', 'EPERM', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

const speaksTls = 'it speaks TLS; set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH';

interface VendorError {
  statusCode?: number;
  json?: { message?: string } | Buffer | null;
  code?: string;
  message?: string;
}

/**
 * dockerode rejects with the HTTP status on every answer it does not like, 304 included, and with node's error otherwise.
 * @param connection where the engine was looked for; with it the message says what to do about it
 */
export function translateError(error: unknown, what: string, connection?: EngineConnection): Error {
  if (error instanceof EngineError || error instanceof RuntimeUnavailable) return error;
  const { statusCode, json, code, message } = (error ?? {}) as VendorError;
  if (statusCode !== undefined) {
    const told = json && 'message' in json ? json.message : undefined;
    const refusal = statusCode === 403 ? explainRefusal(what) : undefined;
    if (refusal) return new EngineError(statusCode, told ? `${refusal}: ${told}` : refusal);
    if (/HTTP request to an HTTPS server/.test(message ?? ''))
      return new EngineUnreachable(`no answer from the Docker engine to ${what}: ${speaksTls}`, false, error);
    return new EngineError(statusCode, told ?? `the engine answered ${statusCode} to ${what}`);
  }
  const reason = explainUnreachable({ ...(code && { code }), ...(message && { message }) }, connection);
  return new EngineUnreachable(
    `no answer from the Docker engine to ${what}: ${reason}`,
    !neverConnected.has(code ?? ''),
    error,
  );
}

export const hasStatus = (error: unknown, ...statuses: number[]): error is EngineError =>
  error instanceof EngineError && statuses.includes(error.status);

/** Runs `call` and takes the named statuses for success: 304 when it was so already, 404 when it is gone already. */
export async function tolerate(call: Promise<unknown>, ...statuses: number[]): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!hasStatus(error, ...statuses)) throw error;
  }
}
