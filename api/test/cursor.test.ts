import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '../src/transactions/cursor.ts';
import { transactionStatuses } from '../src/transactions/schemas.ts';

const anyId = fc.bigInt({ min: 1n, max: 9_223_372_036_854_775_807n }).map(String);
const anyStatus = fc.constantFrom(undefined, ...transactionStatuses);

describe('a cursor', () => {
  it('stands for its id in the list of its status', () => {
    fc.assert(
      fc.property(anyId, anyStatus, (before, status) => {
        expect(decodeCursor(encodeCursor({ before, status }), status)).toBe(before);
      }),
    );
  });

  it('does not fit the list of another status', () => {
    fc.assert(
      fc.property(anyId, anyStatus, anyStatus, (before, status, other) => {
        fc.pre(status !== other);
        expect(() => decodeCursor(encodeCursor({ before, status }), other)).toThrow(/as it is, with the same status/);
      }),
    );
  });

  it('is refused when any character of it is changed, added or missing', () => {
    const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ '];
    for (const before of ['1', '42', '9223372036854775807']) {
      const cursor = encodeCursor({ before });
      for (let at = 0; at <= cursor.length; at++) {
        const rest = [cursor.slice(0, at), cursor.slice(at + 1), cursor.slice(at)] as const;
        const changed = alphabet.filter((letter) => letter !== cursor[at]).map((letter) => rest[0] + letter + rest[1]);
        const added = alphabet.map((letter) => rest[0] + letter + rest[2]);
        for (const tampered of [...changed, ...added, cursor.slice(0, at), cursor.slice(at + 1)]) {
          if (tampered === cursor) continue;
          expect(() => decodeCursor(tampered), tampered).toThrow(/cursor/);
        }
      }
    }
  });

  it('is never anything but a cursor', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => decodeCursor(text)).toThrow(/cursor/);
      }),
    );
  });
});
