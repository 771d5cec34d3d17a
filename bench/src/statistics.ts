/** What several rounds of one thing came to, in four significant digits: more would be noise in every diff. */
export interface Spread {
  median: number;
  min: number;
  max: number;
  rounds: number;
}

/** @throws RangeError without values: a median of nothing would be a made-up figure */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) throw new RangeError('no values to summarise');
  return { median: short(medianOf(sorted)), min: short(min), max: short(max), rounds: sorted.length };
}

/** Here, so that what is judged, printed and stored is one number: rounded twice, a last digit may differ. */
const short = (value: number) => Number(value.toPrecision(4));

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] as number;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] as number)) / 2 : upper;
}

/** The value below which `share` (0 to 1) of the values lie: nearest rank. @throws RangeError without values */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new RangeError('no values to summarise');
  return value;
}
