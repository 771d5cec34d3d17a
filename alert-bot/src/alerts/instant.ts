/** RFC 3339, with any number of decimals: Alertmanager sends nanoseconds. */
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** The alerts of a storm share few times, and every one of them has the same `endsAt`. */
const seen = new Map<string, number>();
const maxSeen = 1_000;

/** Milliseconds since the epoch; NaN for what is no RFC 3339 time. */
export function instantOf(text: string): number {
  const known = seen.get(text);
  if (known !== undefined) return known;
  const time = rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  if (seen.size === maxSeen) seen.clear();
  if (text.length < 100) seen.set(text, time);
  return time;
}
