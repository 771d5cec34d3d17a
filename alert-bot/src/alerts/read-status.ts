import type { Alert } from './alert.ts';

/** A status as a sender writes it, in any case; undefined when there is none, null when it is a word that is not known. */
export function readStatus(value: unknown): Alert['status'] | undefined | null {
  if (value === undefined || value === null || value === '') return undefined;
  const word = typeof value === 'string' ? value.toLowerCase() : undefined;
  return word === 'firing' || word === 'resolved' ? word : null;
}

/**
 * Its own status is the alert's word, whatever its end says: clocks differ. Without one an alert that has ended is resolved, also
 * in a delivery that is firing (that says only that one of its alerts fires); else the delivery's status counts, else it fires.
 * Null when nothing says it: the alert has none and the delivery's is a word that is not known.
 */
export function statusOf(
  own: Alert['status'] | undefined,
  root: Alert['status'] | undefined | null,
  endsAt: number | undefined,
  now: number,
): Alert['status'] | null {
  if (own) return own;
  if (root === 'resolved' || (endsAt !== undefined && endsAt <= now)) return 'resolved';
  return root === undefined ? 'firing' : root;
}
