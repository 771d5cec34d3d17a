import { hash } from 'node:crypto';
import { ProblemError } from '@stack/service-kit/problems';
import type { TransactionStatus } from './schemas.ts';

/** A place in one list: after the row `before`, in the list of that status. */
export interface Position {
  before: string;
  status?: TransactionStatus | undefined;
}

/**
 * Not a secret: every replica must read every other's cursors, also after a restart, and a position in a public list is
 * worth nothing to a forger. The checksum is there so that a cut, edited or made-up cursor is told from a real one.
 */
const checksumKey = 'transactions cursor, version 2';
const checksumLength = 8;

/** 16 bytes in base64url: the id, big-endian, and 8 bytes of checksum over id and status. */
export function encodeCursor({ before, status }: Position): string {
  const id = Buffer.alloc(8);
  id.writeBigUInt64BE(BigInt(before)); // PostgreSQL's bigint is signed: what does not fit reads as below 1
  return Buffer.concat([id, checksum(before, status)]).toString('base64url');
}

/**
 * Resolves to the id that the cursor stands for.
 * @throws ProblemError invalid_cursor for anything that `encodeCursor` did not give out for a list of this status
 */
export function decodeCursor(cursor: string, status?: TransactionStatus): string {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length === 8 + checksumLength) {
    const id = bytes.readBigInt64BE(0);
    const before = id.toString();
    // the comparison also refuses a second spelling of the same bytes; the checksum is no secret, so any id may come with a right one
    if (id >= 1n && encodeCursor({ before, status }) === cursor) return before;
  }
  throw new ProblemError('invalid_cursor', {
    detail: 'Use nextCursor of a page as it is, with the same status; or leave cursor out to begin again.',
  });
}

/** In one call: a Hash or Hmac object has a native half, for which V8 keeps it until the next full collection. */
const checksum = (before: string, status = 'all'): Buffer =>
  hash('sha256', `${checksumKey} ${before} ${status}`, 'buffer').subarray(0, checksumLength);
