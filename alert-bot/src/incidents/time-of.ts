let last = { text: '', time: Number.NaN };

/** Milliseconds since the epoch of a time in the log. The events of a storm share theirs, and each is folded twice. */
export function timeOf(text: string): number {
  if (text !== last.text) last = { text, time: Date.parse(text) };
  return last.time;
}
