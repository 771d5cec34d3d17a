import type { Queryable } from '@stack/service-kit/postgres';

/** What pg hands to a query that speaks the protocol itself: the part of its connection that COPY needs. */
interface CopyConnection {
  stream: { cork(): void; uncork(): void };
  query(statement: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

type Callback = (error: Error | null, rows?: number) => void;

/**
 * Sends `rows` (COPY's text format) with a `COPY … FROM STDIN` statement and resolves to their number. All of them or
 * none, as with any statement; time limits hold as for any other. @throws the database's error
 */
export function copyIn(session: Queryable, statement: string, rows: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const callback: Callback = (error, count = 0) => (error ? reject(error) : resolve(count));
    const query = session.query as (query: object, values: undefined, callback: Callback) => void;
    query.call(session, copyQuery(statement, Buffer.from(rows)), undefined, callback);
  });
}

/**
 * A query object as pg takes them. Statement and rows leave in one write, without waiting for the server's word that it is
 * ready for rows: one round trip. A server that refuses the statement passes over the rows that follow (PostgreSQL
 * documentation, "Message Flow", COPY Operations).
 */
function copyQuery(statement: string, rows: Buffer) {
  let count = 0;
  return {
    callback: undefined as Callback | undefined, // pg sets it, and wraps it where a query has a time limit
    submit(connection: CopyConnection) {
      connection.stream.cork();
      connection.query(statement);
      connection.sendCopyFromChunk(rows);
      connection.endCopyFrom();
      connection.stream.uncork();
    },
    handleCopyInResponse() {}, // the rows are on their way already
    handleCommandComplete({ text }: { text: string }) {
      count = Number(text.split(' ')[1]); // "COPY 1000"
    },
    handleReadyForQuery() {
      this.callback?.(null, count);
    },
    handleError(error: Error) {
      this.callback?.(error);
    },
  };
}

/** A backslash would begin an escape, the others end a value or a row. */
const special = /[\\\t\n\r]/;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** A value as COPY's text format wants it. */
export const copyText = (value: string): string =>
  special.test(value) ? Array.from(value, (character) => escapes[character] ?? character).join('') : value;
