import type { Incident } from './incident.ts';

type Episode = Pick<Incident, 'id' | 'fingerprint'>;

/** Finds open incidents by the fingerprint of their alert. Nearly always there is one; the others are kept apart. */
export class OpenByFingerprint {
  readonly #newest = new Map<string, string>();
  readonly #older = new Map<string, string[]>();

  /** Oldest first. */
  constructor(open: Iterable<Episode>) {
    for (const episode of open) this.add(episode);
  }

  newest(fingerprint: string): string | undefined {
    return this.#newest.get(fingerprint);
  }

  add({ id, fingerprint }: Episode): void {
    const before = this.#newest.get(fingerprint);
    if (before === id) return;
    this.#newest.set(fingerprint, id);
    if (before === undefined) return;
    const older = this.#older.get(fingerprint);
    if (older) older.push(before);
    else this.#older.set(fingerprint, [before]);
  }

  delete({ id, fingerprint }: Episode): void {
    const older = (this.#older.get(fingerprint) ?? []).filter((other) => other !== id);
    const newest = this.#newest.get(fingerprint) === id ? older.pop() : this.#newest.get(fingerprint);
    if (newest === undefined) this.#newest.delete(fingerprint);
    else this.#newest.set(fingerprint, newest);
    if (older.length > 0) this.#older.set(fingerprint, older);
    else this.#older.delete(fingerprint);
  }
}
