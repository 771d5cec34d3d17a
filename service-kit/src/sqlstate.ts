/** How a failed database operation is to be taken. `unavailable` and `timeout`: answer 503. `retryable`: try again. */
export type DatabaseErrorKind = 'unavailable' | 'timeout' | 'retryable' | 'other';

export const databaseErrorKinds: readonly DatabaseErrorKind[] = ['unavailable', 'timeout', 'retryable', 'other'];

interface SqlState {
  name: string;
  kind: DatabaseErrorKind;
  /** Base delay before the next try, in milliseconds; jitter is added by the caller. */
  retryDelayMs: number;
}

/**
 * SQLSTATEs worth another try, each with its name and delay.
 * Source: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes".
 */
export const retryableSqlStates: Readonly<Record<string, SqlState>> = {
  '08000': { name: 'connection_exception', kind: 'unavailable', retryDelayMs: 500 },
  '08001': { name: 'sqlclient_unable_to_establish_sqlconnection', kind: 'unavailable', retryDelayMs: 500 },
  '08003': { name: 'connection_does_not_exist', kind: 'unavailable', retryDelayMs: 500 },
  '08004': { name: 'sqlserver_rejected_establishment_of_sqlconnection', kind: 'unavailable', retryDelayMs: 1_000 },
  '08006': { name: 'connection_failure', kind: 'unavailable', retryDelayMs: 500 },
  '25006': { name: 'read_only_sql_transaction', kind: 'unavailable', retryDelayMs: 1_000 },
  '25P03': { name: 'idle_in_transaction_session_timeout', kind: 'retryable', retryDelayMs: 100 },
  '28000': { name: 'invalid_authorization_specification', kind: 'unavailable', retryDelayMs: 5_000 },
  '28P01': { name: 'invalid_password', kind: 'unavailable', retryDelayMs: 5_000 },
  '3D000': { name: 'invalid_catalog_name', kind: 'unavailable', retryDelayMs: 2_000 },
  '40001': { name: 'serialization_failure', kind: 'retryable', retryDelayMs: 20 },
  '40P01': { name: 'deadlock_detected', kind: 'retryable', retryDelayMs: 50 },
  '42P01': { name: 'undefined_table', kind: 'unavailable', retryDelayMs: 2_000 }, // the migrations have not run yet
  '53100': { name: 'disk_full', kind: 'unavailable', retryDelayMs: 5_000 },
  '53200': { name: 'out_of_memory', kind: 'unavailable', retryDelayMs: 2_000 },
  '53300': { name: 'too_many_connections', kind: 'unavailable', retryDelayMs: 1_000 },
  '55P03': { name: 'lock_not_available', kind: 'timeout', retryDelayMs: 100 },
  '57014': { name: 'query_canceled', kind: 'timeout', retryDelayMs: 100 }, // statement_timeout
  '57P01': { name: 'admin_shutdown', kind: 'unavailable', retryDelayMs: 500 },
  '57P02': { name: 'crash_shutdown', kind: 'unavailable', retryDelayMs: 500 },
  '57P03': { name: 'cannot_connect_now', kind: 'unavailable', retryDelayMs: 500 },
  '57P05': { name: 'idle_session_timeout', kind: 'retryable', retryDelayMs: 100 },
};

/** Errors of the socket below the protocol. */
const networkCodes = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH ENOENT'.split(' '),
);

/** pg reports these without a code. Messages of pg 8.23 and pg-pool 3. */
const timeoutMessages =
  /timeout exceeded when trying to connect|due to connection timeout|Query read timeout|timeout expired/i;
const connectionMessages =
  /Connection terminated|Client has encountered a connection error|client was closed|Cannot use a pool after/i;

/** Takes any error thrown by pg and says how to treat it. */
export function classifyDatabaseError(error: unknown): DatabaseErrorKind {
  if (!(error instanceof Error)) return 'other';
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const known = retryableSqlStates[code];
  if (known) return known.kind;
  if (endsSession(error)) return 'unavailable';
  if (code === 'ETIMEDOUT' || timeoutMessages.test(error.message)) return 'timeout';
  if (networkCodes.has(code) || connectionMessages.test(error.message)) return 'unavailable';
  if (error instanceof AggregateError) return classifyDatabaseError(error.errors[0]); // "localhost" tried as ::1 and 127.0.0.1
  return 'other';
}

/** FATAL and PANIC: the server refused the session or ended it, for example a database that allows no connections (55000). */
const endsSession = (error: Error) => ['FATAL', 'PANIC'].includes((error as { severity?: string }).severity ?? '');

/** Base delay before the operation is tried again, in milliseconds. */
export function retryDelayMs(error: unknown): number {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  return retryableSqlStates[code]?.retryDelayMs ?? 500;
}
