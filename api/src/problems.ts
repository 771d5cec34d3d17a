import { commonProblems, type ProblemCatalogue, ProblemError } from '@stack/service-kit/problems';
import { classifyDatabaseError, type DatabaseErrorKind } from '@stack/service-kit/sqlstate';
import { NotBegun } from './statements/statement-queue.ts';

/** Every answer of this service that is not a success. */
export const apiProblems = {
  bad_json: commonProblems.bad_json,
  bad_request: commonProblems.bad_request,
  validation_failed: commonProblems.validation_failed,
  invalid_cursor: { status: 400, title: 'The cursor is not one that this list gave out' },
  forbidden: commonProblems.forbidden,
  not_found: commonProblems.not_found,
  method_not_allowed: commonProblems.method_not_allowed,
  body_too_large: commonProblems.body_too_large,
  unsupported_media_type: commonProblems.unsupported_media_type,
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key was used before with another body' },
  too_many_requests: commonProblems.too_many_requests,
  internal: commonProblems.internal,
  fault_injected: { status: 500, title: 'A fault that somebody switched on refused this request' },
  database_unavailable: { status: 503, title: 'The database cannot be reached' },
  database_timeout: { status: 503, title: 'The database did not answer in time' },
} as const satisfies ProblemCatalogue;

export type ApiProblemCode = keyof typeof apiProblems;

const retryAfterSeconds = 1; // a restarted PostgreSQL answered again within a second (measured: 0.3 to 0.9 s)

export interface DatabaseTrouble {
  onDatabaseError: (kind: DatabaseErrorKind) => void;
  /** Whether the database answers others at this moment. */
  isAnswering: () => boolean;
}

/**
 * Takes the errors of the pool as problems; anything else is left alone and becomes a 500.
 * A deadlock or serialization failure ("retryable") is not our client's fault either: try again.
 */
export function databaseProblem(
  error: unknown,
  { onDatabaseError, isAnswering }: DatabaseTrouble,
): ProblemError | undefined {
  if (!isDatabaseError(error)) return undefined;
  if (isAboutValue(error)) return new ProblemError('bad_request', { detail: refusedValue, cause: error });
  if (waitedInVain(error) && (isAnswering() || isBusy(error)))
    return new ProblemError('too_many_requests', { detail: tooMany, retryAfterSeconds, cause: error });
  const kind = isUnique(error) ? 'retryable' : classifyDatabaseError(error);
  onDatabaseError(kind);
  if (kind === 'other') return undefined;
  const code: ApiProblemCode = kind === 'timeout' ? 'database_timeout' : 'database_unavailable';
  const detail = 'Nothing is known to have been stored. Try again; with an Idempotency-Key that is safe for POST too.';
  return new ProblemError(code, { retryAfterSeconds, detail, cause: error });
}

const tooMany = 'More is asked at the same time than the database can answer.';

/**
 * No connection was free in time. While others are answered, that is not the database's fault but of how much is asked: counted as our error it would
 * let a crowd of clients have the API restarted, which helps nobody. pg-pool's message, and the error of our queues.
 */
const waitedInVain = (error: unknown) =>
  error instanceof NotBegun || (error instanceof Error && error.message === 'timeout exceeded when trying to connect');

const isBusy = (error: unknown) => error instanceof NotBegun && error.isBusy;

const refusedValue = 'The database cannot take a value of this request.';

/**
 * SQLSTATE class 22, data exception, is about a value that was sent. As a 500 it would let a client make the error rate rise, and the API would be
 * restarted for it. A constraint that is violated (class 23) is a mistake of ours: the schemas say no before the tables do. But for a key that is
 * there already (23505): that was a race, to be tried again.
 */
const isAboutValue = (error: unknown) => codeOf(error).startsWith('22');
const isUnique = (error: unknown) => codeOf(error) === '23505';
const codeOf = (error: unknown) => String((error as NodeJS.ErrnoException).code);

/** PostgreSQL's own errors carry a five character SQLSTATE; the others are known by what the classification says. */
function isDatabaseError(error: unknown): boolean {
  if (classifyDatabaseError(error) !== 'other') return true;
  return error instanceof Error && /^[0-9A-Z]{5}$/.test((error as NodeJS.ErrnoException).code ?? '');
}
