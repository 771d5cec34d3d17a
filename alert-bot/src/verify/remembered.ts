/** Answers a question from memory. `askedAfter`, a time of `performance.now()`: an answer to an earlier question is not taken. */
export type Remembered<T> = (key: string, askedAfter?: number) => Promise<T>;

interface Entry<T> {
  at: number;
  answer: Promise<T>;
  pending: boolean;
}

/**
 * Answers the same question from memory for a moment: a storm of incidents of one alert is one question. An answer is dropped
 * when its time is over, because it can be large, and keys are outside input, so that there are never more than `maxKeys`.
 */
export function remembered<T>(ask: (key: string) => Promise<T>, forMs: number, maxKeys = 1_000): Remembered<T> {
  const entries = new Map<string, Entry<T>>();
  const forget = (key: string, entry: Entry<T>) => {
    if (entries.get(key) === entry) entries.delete(key);
  };
  const settled = (key: string, entry: Entry<T>) => {
    entry.pending = false;
    setTimeout(() => forget(key, entry), forMs).unref();
  };
  return (key, askedAfter = Number.NEGATIVE_INFINITY) => {
    const now = performance.now();
    const known = entries.get(key);
    if (known && known.at >= askedAfter && (known.pending || now - known.at < forMs)) return known.answer;
    if (entries.size >= maxKeys) entries.delete(entries.keys().next().value as string);
    const entry: Entry<T> = { at: now, answer: ask(key), pending: true };
    entries.delete(key);
    entries.set(key, entry);
    entry.answer.then(
      () => settled(key, entry),
      () => forget(key, entry),
    );
    return entry.answer;
  };
}
