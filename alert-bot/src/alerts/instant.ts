/** RFC 3339, and what ISO 8601 allows beside it: no seconds, a comma, an offset without its colon, more digits for the year. */
const shape =
  /^([+-]?\d{4,6})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,30}))?)?(?:[Zz]|([+-])(\d\d):?(\d\d))$/;
const maxLength = 100;

/** The alerts of a storm share few times, and every one of them has the same `endsAt`. */
const seen = new Map<string, number>();
const maxSeen = 1_000;

/** Milliseconds since the epoch, of nanoseconds the whole milliseconds; infinite outside the years 1 to 9999; NaN for what is no time. */
export function instantOf(text: string): number {
  const known = seen.get(text);
  if (known !== undefined) return known;
  if (text.length > maxLength) return Number.NaN;
  const time = readInstant(text);
  if (seen.size === maxSeen) seen.clear();
  seen.set(text, time);
  return time;
}

function readInstant(text: string): number {
  const found = shape.exec(text);
  if (!found) return Number.NaN;
  const [year, month, day, hour, minute, second = 0] = found
    .slice(1, 7)
    .map((part) => (part === undefined ? 0 : Number(part))) as [number, number, number, number, number, number];
  const [, , , , , , , fraction = '0', sign = '+', offsetHours = '0', offsetMinutes = '0'] = found;
  if (year < 1 || year > 9_999) return year < 1 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const offset = Number(offsetHours) * 60 + Number(offsetMinutes);
  const midnight = hour === 24 && minute === 0 && second === 0 && milliseconds === 0;
  // a leap second is the first one of the next minute, as on every clock that does not know them
  const isTime = (hour < 24 || midnight) && minute < 60 && second <= 60 && offset < 24 * 60;
  if (!isTime || !isDay(year, month, day)) return Number.NaN;
  const local = dayStart(year, month, day) + ((hour * 60 + minute) * 60 + second) * 1_000 + milliseconds;
  return local - (sign === '-' ? -offset : offset) * 60_000;
}

function dayStart(year: number, month: number, day: number): number {
  const date = new Date(0);
  return date.setUTCFullYear(year, month - 1, day); // Date.UTC takes the years 0 to 99 for 1900 to 1999
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(dayStart(year, month, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
